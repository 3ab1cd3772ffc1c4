"""Every method that fits a problem, timed on it by turns."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from imgkernels.bench.timing import Budget, interleaved
from imgkernels.engine import Problem
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import METHODS, Method
from imgkernels.engine.planner import finished, plan_for
from imgkernels.values import Array, white_of

Clock = Callable[[Problem, list[Method]], dict[str, float]]


def fitting(problem: Problem) -> list[Method]:
    """Return the methods that this machine has for a problem."""
    return [m for m in METHODS if m.missing() is None and m.obstacle(problem) is None]


def near(problem: Problem, cost: Callable[[Method], float], times: float) -> list[Method]:
    """Return the methods whose estimated cost is at most so many times the least one's."""
    methods = fitting(problem)
    least = min(map(cost, methods))
    return [method for method in methods if cost(method) <= times * least]


def clocked(problem: Problem, methods: list[Method], budget: Budget) -> dict[str, float]:
    """Return the least seconds of each method, each warmed up, all by turns."""
    x = _noise(problem.shape, problem.dtype.name)
    plans = [plan_for(problem, method.name) for method in methods]
    asked = Finish(result=problem.dtype)  # as a user's call has it, rounded to what came in
    runs = {p.method: functools.partial(finished, [p], x, asked) for p in plans}
    for run in runs.values():  # some compile when they are first called, however long that takes
        run()
    # The least: what else the machine does only ever adds.
    return {name: min(times) for name, times in interleaved(runs, budget).items()}


@functools.lru_cache(2)
def _noise(shape: tuple[int, ...], dtype: str) -> Array:
    noise = np.random.default_rng(0).random(shape, np.float32)
    return (noise * np.float32(white_of(np.dtype(dtype)))).astype(dtype)
