"""Taking the time: all subjects by turns, so that what else the machine does falls on all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_LEAST = 2e-3  # seconds of one sample: shorter calls are repeated inside it
_COMPILING = 4.0  # seconds that a first call may take because something is compiled


@dataclass(frozen=True)
class Budget:
    """How long a row may take, in seconds, and how many rounds are enough."""

    seconds: float
    rounds: int
    least: int = 3


def interleaved(
    subjects: Mapping[str, Callable[[], Any]], budget: Budget
) -> dict[str, list[float]]:
    """Return each subject's seconds per call, round by round, after one call to warm up.

    Every second round goes through the subjects in reverse. A subject whose call takes more than
    the budget is not called again: that call is its only figure.
    """
    first = {name: _first(run, budget) for name, run in subjects.items()}
    slow = {name: [taken] for name, taken in first.items() if taken > budget.seconds}
    quick = {name: run for name, run in subjects.items() if name not in slow}
    times: dict[str, list[float]] = {name: [] for name in quick}
    repeats = {name: max(1, round(_LEAST / max(first[name], 1e-7))) for name in quick}
    started = time.perf_counter()
    for number in range(budget.rounds):
        if number >= budget.least and time.perf_counter() - started > budget.seconds:
            break
        for name in list(quick)[:: 1 if number % 2 == 0 else -1]:
            times[name].append(seconds(quick[name], repeats[name]))
    return {name: slow.get(name) or times[name] for name in subjects}


def _first(run: Callable[[], Any], budget: Budget) -> float:
    """Return the seconds of a first call, or of a second one where the first may have compiled."""
    taken = seconds(run)
    return seconds(run) if budget.seconds < taken < _COMPILING else taken


def seconds(run: Callable[[], Any], repeats: int = 1) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


def quarters(values: list[float]) -> list[float]:
    """Return the lower quartile, the median and the upper quartile, to four figures."""
    return [float(f"{value:.4g}") for value in np.percentile(values, [25, 50, 75])]


def ratios(theirs: list[float], ours: list[float]) -> list[float]:
    """Return their time over ours, round by round; a single figure is held against our median."""
    if len(theirs) != len(ours):
        return [float(np.median(theirs) / np.median(ours))]
    return [a / b for a, b in zip(theirs, ours, strict=True)]
