"""How a batch tells of itself: a bar on a terminal, plain lines elsewhere, or JSON events."""

from __future__ import annotations

import contextlib
import json as json_
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from imgkernels.batch import Outcome, Status, differences
from imgkernels.files.words import shown
from imgkernels.shells.speech import complain, note

if TYPE_CHECKING:
    from imgkernels.batch import Entry, Plan, Summary

_EVERY = 5.0  # seconds between plain lines


class Lines:
    """Lines on stderr: how far it is from time to time, and at the end what became of all."""

    def __init__(self, planned: Plan) -> None:
        self.total = len(planned.jobs)
        self.done = self.failed = 0
        self._started = self._told = time.monotonic()

    def __call__(self, outcome: Outcome) -> None:
        """Take in one outcome."""
        self.done += 1
        self.failed += outcome.status is Status.FAILED
        self.advance()

    def advance(self) -> None:
        """Say how far it is, if that was not said a moment ago."""
        now = time.monotonic()
        if now - self._told >= _EVERY and self.done < self.total:
            self._told = now
            rate = self.done / (now - self._started)
            left = (self.total - self.done) / rate
            complain(f"{self.done} of {self.total}, {rate:.1f}/s, {left:.0f} s left")

    def end(self, summary: Summary, *, interrupted: bool = False) -> None:
        """Name the failures, and count."""
        noted = Counter(text for outcome in summary.outcomes for text in outcome.notes)
        note(f"{_files(count)}: {text}" for text, count in sorted(noted.items()))
        for outcome in summary.failures:
            complain(f"{_near(outcome.job.source)}: {outcome.error}")
        if summary.problem:
            complain(summary.problem)
        complain(_counted(summary, interrupted))

    def compare(self, summary: Summary, recorded: Mapping[str, Entry]) -> None:
        """Say whether the outputs are those of a record, byte for byte."""
        others = list(differences(summary, recorded))
        note(f"{shown(output)} is not as recorded: {why}" for output, why in others)
        same = sum(outcome.entry is not None for outcome in summary.outcomes) - len(others)
        note([f"{same} of {len(recorded)} outputs are byte for byte those of the record"])


class Events(Lines):
    """JSON on stdout, an object a line; messages stay on stderr."""

    def __init__(self, planned: Plan) -> None:
        super().__init__(planned)
        head = {"total": self.total, "out": planned.out, "pipeline": str(planned.manner.pipeline)}
        _event("start", **head)

    def __call__(self, outcome: Outcome) -> None:
        """Tell of one file."""
        _event(
            "file",
            source=outcome.job.source,
            output=outcome.job.output,
            status=str(outcome.status),
            seconds=round(outcome.seconds, 4),
            notes=list(outcome.notes),
            error=outcome.error or None,
        )

    def compare(self, summary: Summary, recorded: Mapping[str, Entry]) -> None:
        """Tell of each output that differs."""
        for output, why in differences(summary, recorded):
            _event("differs", output=output, why=why)

    def end(self, summary: Summary, *, interrupted: bool = False) -> None:
        """Tell the counts."""
        counts = {str(status): summary.count(status) for status in Status}
        seconds = round(summary.seconds, 4)
        _event(
            "end",
            **counts,
            left=summary.left,
            interrupted=interrupted,
            seconds=seconds,
            problem=summary.problem or None,
        )


class Bar(Lines):
    """A bar with rate and time left, on a terminal."""

    def __init__(self, planned: Plan) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        super().__init__(planned)
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failed]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=self.total, rate="", failed="")

    def advance(self) -> None:
        """Move the bar."""
        speed = self._progress.tasks[0].speed
        self._progress.update(
            self._task,
            completed=self.done,
            rate=f"{speed:.1f}/s" if speed else "",
            failed=f"{self.failed} failed" if self.failed else "",
        )

    def start(self) -> None:
        """Show it."""
        self._progress.start()

    def end(self, summary: Summary, *, interrupted: bool = False) -> None:
        """Take the bar away, and say what became of all."""
        self._progress.stop()
        super().end(summary, interrupted=interrupted)


@contextlib.contextmanager
def teller(planned: Plan, *, json: bool) -> Iterator[Lines]:
    """Return who is told of each outcome, in the way that suits where it is read."""
    if json:
        yield Events(planned)
    elif not sys.stderr.isatty():
        yield Lines(planned)
    else:
        bar = Bar(planned)
        bar.start()
        try:
            yield bar
        finally:
            bar._progress.stop()


def foretell(planned: Plan, *, json: bool, resume: bool) -> None:
    """Say what would be done."""
    from imgkernels.batch.run import known_of

    known = known_of(planned, resume=resume)
    for job in planned.jobs:
        promised = job.output in known
        if json:
            _event("plan", source=job.source, output=job.output, promised=promised)
        else:
            mark = " (done before, if it is whole)" if promised else ""
            print(f"{_near(job.source)} -> {_near(os.path.join(planned.out, job.output))}{mark}")
    if not json:
        complain(f"{_files(len(planned.jobs))}, {planned.manner.pipeline}; nothing was done")


def _event(event: str, **said: Any) -> None:
    print(json_.dumps({"event": event, **said}), flush=True)


def _counted(summary: Summary, interrupted: bool) -> str:
    written, whole = summary.count(Status.WRITTEN), summary.count(Status.WHOLE)
    total = len(summary.outcomes) + summary.left
    counts = [
        f"{written} written",
        f"{whole} whole already" if whole else "",
        f"{len(summary.failures)} failed" if summary.failures else "",
        f"{summary.left} left" if summary.left or interrupted else "",
    ]
    rate = len(summary.outcomes) / summary.seconds if summary.seconds else 0
    lead = "interrupted; " if interrupted else ""
    tail = "; --resume goes on" if summary.left else ""
    return (
        f"{lead}{', '.join(filter(None, counts))} of {total} in {summary.seconds:.1f} s"
        f" ({rate:.1f}/s){tail}"
    )


def _near(path: str) -> str:
    """Return a name as short as it can be said from here."""
    from_here = os.path.relpath(path)
    return shown(path if from_here.startswith(os.pardir) else from_here)


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"
