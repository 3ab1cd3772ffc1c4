"""Running a batch: the crew at work, the journal kept, the record left."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from imgkernels import opencv
from imgkernels.batch import journal
from imgkernels.batch.crew import Crew, Hands, Turn, Work
from imgkernels.batch.head import agree
from imgkernels.batch.job import Entry, Job, Outcome, Status, Summary
from imgkernels.batch.one import Company, process
from imgkernels.batch.plan import Plan, plan
from imgkernels.cores import threads_from
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files.atomic import abandon, settle, sweep
from imgkernels.files.words import reason, shown

Report = Callable[[Outcome], object]
Promise = Callable[[Job, Entry], None]
Elsewhere = Callable[[Plan, Mapping[str, Entry], Promise], Hands]

_PATIENCE = 1.0  # seconds that an interrupted batch waits for the files being worked on


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a batch; `summary` is what was done until then."""

    def __init__(self, summary: Summary) -> None:
        super().__init__("the batch was interrupted")
        self.summary = summary


@dataclass
class _Tally:
    """The outcomes so far."""

    jobs: int
    report: Report
    started: float = field(default_factory=time.perf_counter)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count and report an outcome, once however often it comes."""
        if outcome.job.output not in self.outcomes:
            self.outcomes[outcome.job.output] = outcome
            self.report(outcome)

    def summary(self) -> Summary:
        seconds = time.perf_counter() - self.started
        return Summary(tuple(self.outcomes.values()), self.jobs - len(self.outcomes), seconds)


def run(
    sources: Any,
    out: str | os.PathLike[str],
    pipeline: Any,
    *,
    jobs: int | None = None,
    resume: bool = False,
    fail_fast: bool = False,
    report: Report | None = None,
    **options: Any,
) -> Summary:
    """Filter files, folders and patterns into a folder; return what became of each.

    `options` are `name`, `format` and `overwrite` as `plan` takes them, and those of `apply` and
    `read`. `jobs`: how many files at a time, by default one for each core. `report` is called with
    each outcome as it comes. One bad file does not end the others, unless `fail_fast` says so.
    Raises `InvalidValue` before any work, and `Interrupted`.
    """
    planned = plan(sources, out, pipeline, **options)
    return execute(planned, jobs=jobs, resume=resume, fail_fast=fail_fast, report=report)


def execute(
    planned: Plan,
    *,
    jobs: int | None = None,
    resume: bool = False,
    fail_fast: bool = False,
    report: Report | None = None,
    hands: Elsewhere | None = None,
) -> Summary:
    """Do what was planned; see `run`. `hands` do it elsewhere: what `scale.Hands` makes."""
    cores = _cores(jobs)
    known = known_of(planned, resume=resume)
    _prepare(planned)
    written = journal.Journal(Path(planned.out, journal.NAME), planned.head, known.values())
    promise = _promise(written)
    if hands is None:
        crew: Hands = Crew(planned.jobs, _work(planned, known, promise), cores)
    else:
        crew = hands(planned, known, promise)
    tally = _Tally(len(planned.jobs), report or (lambda _: None))
    try:
        with _opencv.one_thread_each(cores):
            _follow(crew, tally, fail_fast)
        summary = tally.summary()
        return replace(summary, problem=_finish(summary, written, planned))
    except KeyboardInterrupt:
        _leave(crew, tally, planned)
        raise Interrupted(tally.summary()) from None
    finally:
        written.close()


def _finish(summary: Summary, written: journal.Journal, planned: Plan) -> str:
    """Wait for the disk, and leave the record; return what went wrong with that."""
    if written.was_removed:
        out = shown(planned.out)
        return f"{out}: was removed while the batch ran, and what lay there with it; run it again"
    try:
        _settle(planned)  # first: the record must not last longer than what it tells of
        if not summary.left:
            entries = (outcome.entry for outcome in summary.outcomes if outcome.entry)
            written.finish(entries, summary.failures)
    except OSError as error:
        told = str(error) if isinstance(error, FileProblem) else reason(error)
        return f"{shown(os.path.join(planned.out, journal.NAME))}: {told}"
    return ""


def _settle(planned: Plan) -> None:
    """Wait for each disk that outputs lie on."""
    folders = (folder for folder in (planned.out, *planned.folders) if os.path.isdir(folder))
    for folder in {os.stat(folder).st_dev: folder for folder in folders}.values():
        settle(Path(folder))


def known_of(planned: Plan, *, resume: bool) -> Mapping[str, Entry]:
    """Return what an earlier run says of outputs, as far as it was one like this."""
    told = journal.read(Path(planned.out, journal.NAME))
    if resume:
        return told.entries if agree(told.head, planned.head) else {}
    if told.entries and told.end is None and any(job.in_place for job in planned.jobs):
        raise InvalidValue(
            f"batch: an interrupted batch has replaced some of these files; --resume goes on with"
            f" the others, and without {journal.NAME} in {shown(planned.out)} all are filtered"
        )
    return {}


def _promise(written: journal.Journal) -> Promise:
    def promise(job: Job, entry: Entry) -> None:
        written.promise(entry, lasting=job.in_place)

    return promise


def _work(planned: Plan, known: Mapping[str, Entry], promise: Promise) -> Work:
    def work(job: Job, turn: Turn, stopped: Callable[[], bool]) -> Outcome | None:
        company = Company(turn, promise, stopped)
        return process(job, planned.manner, known.get(job.output), company)

    return work


def _follow(crew: Hands, tally: _Tally, fail_fast: bool) -> None:
    for outcome in crew:
        tally.add(outcome)
        if fail_fast and outcome.status is Status.FAILED:
            crew.stop()


def _leave(crew: Hands, tally: _Tally, planned: Plan) -> None:
    """End in time: files that are nearly done are awaited, others are left as they were."""
    crew.stop()
    for outcome in crew.rest(_PATIENCE):
        tally.add(outcome)
    if crew.at_work:
        for folder in planned.folders:
            abandon(Path(folder))


def _prepare(planned: Plan) -> None:
    """Make the folder, and remove what killed processes left in it."""
    try:
        os.makedirs(planned.out, exist_ok=True)
    except OSError as error:
        raise FileProblem(f"{shown(planned.out)}: cannot be made: {reason(error)}") from error
    for folder in {planned.out, *planned.folders}:
        sweep(Path(folder))


def _cores(jobs: int | None) -> int:
    if jobs is not None and jobs < 1:
        raise InvalidValue(f"batch: jobs must be 1 or more; got {jobs}")
    return jobs or threads_from()


class _OpenCV:
    """Keeps OpenCV from cutting up pictures among threads while each core has its own.

    Its setting is that of the process: the last batch that ends puts it back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches = self._before = 0

    @contextlib.contextmanager
    def one_thread_each(self, cores: int) -> Iterator[None]:
        cv2 = opencv.load() if cores > 1 else None
        if cv2 is None:
            yield
            return
        with self._lock:
            self._batches += 1
            if self._batches == 1:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
        try:
            yield
        finally:
            with self._lock:
                self._batches -= 1
                if not self._batches:
                    cv2.setNumThreads(self._before)


_opencv = _OpenCV()
