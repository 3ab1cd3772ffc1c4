"""The files of a batch on a cluster, many in a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imgkernels.batch import Entry, Job, Manner, Outcome, Plan, Status, process
from imgkernels.cores import limit_threads
from imgkernels.errors import InvalidValue
from imgkernels.scale.cluster import Call, results

LEAST = 50  # files in a task, beside which its way costs little
_MOST_TASKS = 20_000  # that a scheduler is told of


@dataclass
class Hands:
    """Workers at work on the files of a batch; they read and write them under the same names.

    Iterating gives what became of each, as it comes. What was under way on a worker that is lost
    is done again by others.
    """

    client: Any
    planned: Plan
    known: Mapping[str, Entry]
    promise: Callable[[Job, Entry], None]
    _stopped: bool = False

    def __post_init__(self) -> None:
        """Refuse to replace inputs: what a lost worker replaced would be filtered twice."""
        if any(job.in_place for job in self.planned.jobs):
            raise InvalidValue(
                "batch: a cluster replaces no inputs; give --out a folder of its own"
            )

    def __iter__(self) -> Iterator[Outcome]:
        for outcomes in results(self.client, self._calls()):
            for outcome in outcomes:
                if outcome.entry is not None and outcome.status is Status.WRITTEN:
                    self.promise(outcome.job, outcome.entry)  # so that --resume knows of it
                yield outcome

    def stop(self) -> None:
        """Let nobody begin another group of files."""
        self._stopped = True

    def rest(self, seconds: float) -> Iterator[Outcome]:
        """Give nothing: what was under way is taken back, or ends on its worker."""
        return iter(())

    @property
    def at_work(self) -> bool:
        """Whether there are threads here."""
        return False

    def _calls(self) -> Iterator[Call]:
        jobs, manner = self.planned.jobs, self.planned.manner
        size = max(LEAST, -(-len(jobs) // _MOST_TASKS))
        for start in range(0, len(jobs), size):
            if self._stopped:
                return
            group = jobs[start : start + size]
            known = [self.known.get(job.output) for job in group]
            yield outcomes_of, group, manner, known


def outcomes_of(
    jobs: Sequence[Job], manner: Manner, known: Sequence[Entry | None]
) -> list[Outcome]:
    """Do some jobs; this is what a worker does."""
    limit_threads(1)  # as many tasks as there are cores filter at the same time
    done = (process(job, manner, entry) for job, entry in zip(jobs, known, strict=True))
    return [outcome for outcome in done if outcome is not None]
