"""What a batch is made of: one file's way, and what became of it. All of it can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from imgkernels.files.wanted import Wanted
from imgkernels.image import Image
from imgkernels.pipeline import Pipeline


@dataclass(frozen=True)
class Job:
    """One file to read and one to write.

    `source` and `target` are absolute, and no link is left in `target`; `output` is its name below
    the folder of the batch. A `format` of None is that of the input. `in_place`: the target is the
    source.
    """

    source: str
    target: str
    output: str
    format: str | None = None
    in_place: bool = False


@dataclass(frozen=True)
class Manner:
    """What is done to each file: the pipeline, its options, and what is read of the file.

    `repeat` is how many files there are, so that the engine may compile a loop for them.
    """

    pipeline: Pipeline
    filtering: Mapping[str, Any] = field(default_factory=dict)
    wanted: Wanted = field(default_factory=Wanted)
    repeat: int = 1

    def __call__(self, picture: Image) -> Image:
        """Filter one picture."""
        return self.pipeline(picture, **{"repeat": self.repeat, **self.filtering})


@dataclass(frozen=True)
class Entry:
    """What one output is made of, and what it is, by SHA-256: what a journal says of a file."""

    source: str
    source_sha256: str
    output: str
    output_sha256: str
    output_size: int
    notes: tuple[str, ...] = ()


class Status(StrEnum):
    """What became of a job: written now, whole already, or failed."""

    WRITTEN = "written"
    WHOLE = "whole"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one file; `entry` unless it failed, `error` (one line, no name) if it did."""

    job: Job
    status: Status
    entry: Entry | None = None
    error: str = ""
    seconds: float = 0.0

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of a file that was written."""
        return self.entry.notes if self.entry else ()


@dataclass(frozen=True)
class Summary:
    """What became of all files; `left` were not begun, `problem` is one of the record's own."""

    outcomes: tuple[Outcome, ...]
    left: int
    seconds: float
    problem: str = ""

    def count(self, status: Status) -> int:
        """Return how many files ended so."""
        return sum(outcome.status is status for outcome in self.outcomes)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The files that failed, in the order of their names."""
        failed = (each for each in self.outcomes if each.status is Status.FAILED)
        return tuple(sorted(failed, key=lambda each: each.job.source))
