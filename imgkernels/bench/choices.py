"""`imgkernels bench --choices FILE`: whether the planner chooses what is fastest here.

Over rows of the matrix every method that fits is timed; what the planner of today makes of these
times is asked each time anew, so that a change of costs is judged without measuring again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.bench import matrix, probing, subject
from imgkernels.bench.matrix import Case
from imgkernels.bench.measure import Row
from imgkernels.bench.timing import Budget
from imgkernels.border import Border
from imgkernels.engine import Problem
from imgkernels.engine.calibration import Calibration, current, factors_of
from imgkernels.engine.methods import METHODS
from imgkernels.engine.planner import ranked

NEAR, SHARE = 1.25, 0.95  # the goal: so near to the best, in so many of the rows
_BUDGET, _QUICK = Budget(0.25, 7), Budget(0.1, 3)
_FAR = 8.0  # methods that the plan holds for so many times slower than its choice are not timed
_FIELDS = ("suite", "group", "work", "amount", "dtype", "channels", "size", "border")


@dataclass(frozen=True)
class Choice:
    """What was chosen for a row, what is the fastest, and how many times as long it takes."""

    row: str
    chosen: str
    fastest: str
    times: float | None  # None: the choice was not timed

    @property
    def near(self) -> bool:
        """Whether the choice is about as fast as the best."""
        return self.times is not None and self.times <= NEAR

    def __str__(self) -> str:
        if self.times is None:
            return f"{self.row}: {self.chosen} was not timed; measure again"
        return f"{self.row}: {self.chosen} takes {self.times:.2f}x as long as {self.fastest}"


def cases(quick: bool = False) -> Iterator[Case]:
    """Return the rows of the matrix with one kernel each, every second one of the large ones."""
    for suite in ("filters", "volumes"):
        found = [c for c in matrix.cases(suite, quick) if c.work in ("dense", "gaussian", "box")]
        yield from found if quick else found[::2]


def problem_of(case: Case) -> Problem:
    """Return the correlation that a case comes to."""
    kernel = subject.kernel_of(case)
    return Problem.of_kernel(
        (1, *case.size, case.channels), np.dtype(case.dtype), kernel, border=Border(case.border)
    )


def rows(quick: bool, tell: Callable[[Row], None]) -> list[Row]:
    """Time every method on every row, telling each as it comes."""
    found = []
    for case in cases(quick):
        times = _timed(problem_of(case), _QUICK if quick else _BUDGET)
        row = {name: getattr(case, name) for name in _FIELDS}
        row["size"] = list(case.size)
        row["ms"] = {name: float(f"{1e3 * taken:.4g}") for name, taken in times.items()}
        found.append(row)
        tell(row)
    return found


def _timed(problem: Problem, budget: Budget) -> dict[str, float]:
    """Return the seconds of each method; where the choice is not near, all are timed once more."""
    considered = ranked(problem, subject.REPEAT, current())
    costs = {c.method: c.seconds for c in considered if c.seconds is not None}
    methods = probing.near(problem, lambda method: costs[method.name], _FAR)
    times = probing.clocked(problem, methods, budget)
    if times[considered[0].method] > NEAR * min(times.values()):
        again = probing.clocked(problem, methods, budget)  # it may have been noise
        times = {name: min(taken, again[name]) for name, taken in times.items()}
    return times


def judged(row: Row, costs: Calibration) -> Choice:
    """Ask the planner of today for its choice on a row, among what this machine has."""
    case = case_of(row)
    chosen = ranked(problem_of(case), subject.REPEAT, costs)[0].method
    here = {method.name for method in METHODS if method.missing() is None}
    known = {name: ms for name, ms in row["ms"].items() if name in here}
    fastest = min(known, key=known.__getitem__)
    taken = known.get(chosen)
    times = None if taken is None else taken / known[fastest]
    return Choice(f"{case.what}, {case.where}", chosen, fastest, times)


def case_of(row: Row) -> Case:
    """Return the case that a row was measured on."""
    known = {name: row[name] for name in _FIELDS}
    return Case(**{**known, "size": tuple(row["size"])})


def verdicts(kept: dict[str, Any]) -> list[Choice]:
    """Judge the rows of a record, with the factors they were measured with."""
    told = kept["calibration"]
    costs = Calibration(factors_of(told["factors"]), told["origin"])
    return [judged(row, costs) for row in kept["rows"]]


def share_near(choices: list[Choice]) -> float:
    """Return the share of the rows whose choice is near to the best."""
    return sum(choice.near for choice in choices) / len(choices)


def record(found: list[Row], about: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept: the rows, where they come from, and the calibration they ran under."""
    under = dataclasses.asdict(current())
    return {**about, "calibration": under, "rows": found}
