"""Threads at work on a list of jobs: reading, computing and writing at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import Protocol

from imgkernels.batch.job import Job, Outcome
from imgkernels.cores import limit_threads, threads_from

# Threads for each core: while one computes, another reads and a third writes. So many files are
# in memory at most.
_EACH = 3
# One who waits for Python's lock keeps his turn: with one for each core, a core would idle.
_AT_WORK = 2

Turn = AbstractContextManager[object]
Work = Callable[[Job, Turn, Callable[[], bool]], Outcome | None]


class Hands(Protocol):
    """Whoever works on the files of a batch.

    Iterating gives what became of each, as it comes, until all is done or they are stopped.
    """

    def __iter__(self) -> Iterator[Outcome]:
        """Give what became of each file, as it comes."""

    def stop(self) -> None:
        """Let nobody begin another file."""

    def rest(self, seconds: float) -> Iterator[Outcome]:
        """Wait so long at most for what still comes; give it, and what was given before again."""

    @property
    def at_work(self) -> bool:
        """Whether there are some here that have not come back."""


class _Turns:
    """Lets so many in at once, as `threading.Semaphore`, whose Python is slow where many wait."""

    def __init__(self, count: int) -> None:
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)

    def __enter__(self) -> None:
        self._free.get()

    def __exit__(self, *_: object) -> None:
        self._free.put(None)


class Crew:
    """Threads that take one job after the other; few more of them compute than there are cores.

    Iterating gives what became of each, as it comes, until all is done or the crew is stopped.
    """

    def __init__(self, jobs: Sequence[Job], work: Work, cores: int) -> None:
        self._jobs, self._work = iter(jobs), work
        self._turn = _Turns(_AT_WORK * cores)
        self._each = max(1, threads_from() // min(cores, len(jobs)))
        self._taking = threading.Lock()
        self._stop = threading.Event()
        self._done: SimpleQueue[Outcome | BaseException | None] = SimpleQueue()
        self._all: list[Outcome] = []
        # As daemons they do not keep a process that was interrupted from ending.
        hands = range(min(_EACH * cores, len(jobs)))
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in hands]
        self._at_work = len(self._threads)

    def __iter__(self) -> Iterator[Outcome]:
        for thread in self._threads:
            thread.start()
        return self._outcomes(None)

    def stop(self) -> None:
        """Let nobody begin another job, nor write what is not yet being written."""
        self._stop.set()

    def rest(self, seconds: float) -> Iterator[Outcome]:
        """Wait so long at most for what still comes; give it, and what was given before again.

        Whoever was interrupted may have lost what was given last.
        """
        for _ in self._outcomes(time.monotonic() + seconds):
            pass
        return iter(list(self._all))

    @property
    def at_work(self) -> bool:
        """Whether there are threads that have not come back."""
        return self._at_work > 0

    def _outcomes(self, until: float | None) -> Iterator[Outcome]:
        while self._at_work:
            try:
                left = None if until is None else max(0.0, until - time.monotonic())
                came = self._done.get(timeout=left)
            except Empty:
                return
            if came is None:
                self._at_work -= 1
            elif isinstance(came, BaseException):
                raise came
            else:
                yield came

    def _run(self) -> None:
        limit_threads(self._each)
        try:
            while (job := self._next()) is not None:
                outcome = self._work(job, self._turn, self._stop.is_set)
                if outcome is not None:
                    self._all.append(outcome)
                    self._done.put(outcome)
        except BaseException as error:  # noqa: BLE001 - raised where the outcomes are awaited
            self._done.put(error)
        self._done.put(None)

    def _next(self) -> Job | None:
        with self._taking:
            return None if self._stop.is_set() else next(self._jobs, None)
