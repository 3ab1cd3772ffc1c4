"""`imgkernels batch SRC... --out DIR STEP...`: whole folders through one pipeline."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from imgkernels.errors import InvalidValue
from imgkernels.shells import memory
from imgkernels.shells.flags import JOB, SCHEDULER, Flag, quick
from imgkernels.shells.interrupt import interrupt, leave_now
from imgkernels.shells.pipe import PRESET
from imgkernels.shells.speech import note

if TYPE_CHECKING:
    from imgkernels.batch import Entry, Plan
    from imgkernels.pipeline import Pipeline

HELP = """Filter files, folders and patterns into a folder: all cores, nothing lost.

imgkernels batch photos --out sharper median:size=3 sharpen

imgkernels batch 'scans/**/*.tif' --out halos --name '{stem}-halo.png' --preset halo --resume

Folders are mirrored. One bad file does not stop the others. A record of the run is left in the
folder, as imgkernels-batch.jsonl: after a kill, --resume goes on from it.
"""

_NOT_OURS = ("explain", "json", "overwrite", "format")
FLAGS = (
    Flag("out", "The folder to write into; it is made.", metavar="DIR", required=True),
    PRESET,
    Flag(
        "name",
        "The name of each output, of the fields {stem}, {ext}, {name}, {parent}, {index}.",
        metavar="TEMPLATE",
        shown="{stem}.{ext}",
    ),
    Flag("format", "The format of the outputs; that of each input otherwise.", metavar="FORMAT"),
    Flag("from_file", "More SRC, one a line; - is stdin.", metavar="FILE"),
    Flag("jobs", "How many files at a time; one for each core otherwise.", "whole", "N"),
    Flag("resume", "Go on with an interrupted run: what is whole is not done again.", "switch"),
    Flag("repeat", "Run a recorded batch again, and say what differs.", metavar="RECORD"),
    Flag("fail_fast", "Stop at the first file that fails.", "switch"),
    Flag("dry_run", "Say what would be done, and do nothing.", "switch"),
    Flag("json", "Tell what happens as JSON on stdout, an object a line.", "switch"),
    Flag("overwrite", "Allow an output to be its own input.", "switch"),
    *(flag for flag in JOB if flag.name not in _NOT_OURS),
    SCHEDULER,
)
_EXECUTED = ("jobs", "resume", "fail_fast")


def quick_batch(words: list[str]) -> bool:
    """Do what the words say, if they are plain; return whether they were."""
    found = quick(words, 0, FLAGS)
    if found is None or "--help" in words:
        return False
    run(found.pop("words"), **found)
    return True


def run(words: list[str] | None = None, **given: Any) -> None:
    """Run a batch: plan it, say what becomes of each file, end with the counts."""
    from imgkernels import batch
    from imgkernels.files import chatter
    from imgkernels.shells import batch_speech

    dry, json = given.pop("dry_run", False), given.pop("json", False)
    listed = given.pop("from_file", None)
    executed = {key: given.pop(key) for key in _EXECUTED if key in given}
    scheduler = given.pop("scheduler", None)
    record = given.pop("repeat", None)
    recorded = None
    if record is None:
        planned = _planned(words or [], listed, given)
    else:
        planned, recorded = _recorded(record, words or [], listed, given)
    if dry:
        batch_speech.foretell(planned, json=json, resume=executed.get("resume", False))
        return
    signal.signal(signal.SIGTERM, interrupt)
    memory.keep(1 << 26, 1 << 29)  # whole pictures, one after the other
    with (
        chatter.kept() as said,
        _hands(scheduler) as hands,
        batch_speech.teller(planned, json=json) as report,
    ):
        try:
            summary = batch.execute(planned, report=report, **hands, **executed)
        except batch.Interrupted as ended:
            report.end(ended.summary, interrupted=True)
            leave_now(130)
        note(f"a library said: {line}" for line in said())
        if recorded is not None:
            report.compare(summary, recorded)
        report.end(summary)
    if summary.failures or summary.problem:
        raise SystemExit(1)


@contextlib.contextmanager
def _hands(scheduler: str | None) -> Iterator[dict[str, Any]]:
    """Return who does the work, where that is a cluster."""
    if scheduler is None:
        yield {}
        return
    from imgkernels import scale

    with scale.connected(scheduler) as client:
        yield {"hands": functools.partial(scale.Hands, client)}


def _planned(words: list[str], listed: str | None, given: dict[str, Any]) -> Plan:
    from imgkernels import batch

    sources, pipeline = parted(words, given.pop("preset", None), listed is not None)
    sources += list(_listed(listed)) if listed is not None else []
    return batch.plan(sources, given.pop("out"), pipeline, **given)


def _recorded(
    record: str, words: list[str], listed: str | None, given: dict[str, Any]
) -> tuple[Plan, Mapping[str, Entry]]:
    from imgkernels import batch

    more = [*words, *(["--from-file"] if listed else []), *(f"--{each}" for each in given)]
    more = [word for word in more if word not in ("--out", "--mask", "--overwrite")]
    if more:
        raise InvalidValue(
            f"batch: --repeat takes files, steps and options from the record; got {', '.join(more)}"
        )
    return batch.again(record, given.pop("out"), **given)


def parted(words: list[str], preset: str | None, more: bool) -> tuple[list[str], Pipeline]:
    """Part the words into sources and steps: the last ones that read as filters are the steps.

    `more`: there are sources beside the words. A file that is called like a filter is ./blur.
    """
    from imgkernels.pipeline import Pipeline

    if preset is not None:
        return words, Pipeline.load(preset)
    start = len(words)
    while start > (0 if more else 1) and _is_step(words[start - 1]):
        start -= 1
    if start == len(words):
        raise InvalidValue(_no_steps(words))
    return words[:start], Pipeline.parse(" | ".join(words[start:]))


def _is_step(word: str) -> bool:
    from imgkernels import filters

    name = word.partition("|")[0].partition(":")[0].strip()
    if filters.is_opened(word.strip()):
        return True
    return name in {n for entry in filters.catalogue() for n in (entry.name, *entry.aliases)}


def _no_steps(words: list[str]) -> str:
    from imgkernels import filters
    from imgkernels.errors import did_you_mean

    last = words[-1].partition(":")[0] if words else ""
    hint = did_you_mean(last, [entry.name for entry in filters.catalogue()])
    what = f"{words[-1]!r} is no filter{hint}; " if words and not os.path.exists(words[-1]) else ""
    return (
        f"batch: {what}give SRC --out DIR and steps, like median:size=5 sharpen, or --preset NAME"
    )


def _listed(name: str) -> Iterator[str]:
    """Return the names in a file: lines, or what stands between null characters."""
    from pathlib import Path

    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    sign = b"\0" if b"\0" in data else b"\n"
    return (os.fsdecode(line) for line in data.split(sign) if line)
