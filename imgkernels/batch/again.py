"""A recorded batch, planned again: the same files, pipeline and options."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imgkernels.batch import journal
from imgkernels.batch.job import Entry, Summary
from imgkernels.batch.names import checked
from imgkernels.batch.plan import Plan, arranged, manner_of
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files.words import shown
from imgkernels.pipeline import Pipeline


def again(
    record: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    mask: Any = None,
    overwrite: bool = False,
) -> tuple[Plan, Mapping[str, Entry]]:
    """Return the plan of a recorded batch into another folder, and what it came to then.

    Of a mask a record knows the digest alone, so it is given again. Raises `FileProblem` where
    there is no record, `InvalidValue` as `plan` does.
    """
    told = journal.read(Path(record))
    if not told.head or not told.entries:
        raise FileProblem(f"{shown(os.fspath(record))}: is no record of a batch")
    options = dict(told.head["options"])
    if (options.pop("mask", None) is None) != (mask is None):
        raise InvalidValue("batch: the recorded run had a mask; give --mask too, or neither")
    manner = manner_of(Pipeline.from_toml(told.head["pipeline"]), {**options, "mask": mask})
    entries = told.entries.values()
    pairs = ((entry.source, checked(entry.output, entry.output)) for entry in entries)
    return arranged(pairs, out, manner, told.head["format"], overwrite), told.entries


def differences(summary: Summary, entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Give each output that is not what it was, and why that may be."""
    for outcome in summary.outcomes:
        now, then = outcome.entry, entries[outcome.job.output]
        if now is None or now.output_sha256 == then.output_sha256:
            continue
        changed = now.source_sha256 != then.source_sha256
        yield outcome.job.output, "its input has changed" if changed else "made otherwise"
