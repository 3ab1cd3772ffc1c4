"""Every method that fits a problem, timed on it by turns."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from imgkernels.bench.timing import Budget, interleaved
from imgkernels.engine import Problem, nonfinite
from imgkernels.engine.methods import METHODS, Method
from imgkernels.values import Array, Floats, white_of

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
    runs = {m.name: functools.partial(_run, m, problem, x) for m in methods}
    # The least: what else the machine does only ever adds.
    return {name: min(times) for name, times in interleaved(runs, budget).items()}


def _run(method: Method, problem: Problem, x: Array) -> Floats:
    return nonfinite.guarded(problem, x, lambda finite: method.run(problem, finite, None))


@functools.lru_cache(2)
def _noise(shape: tuple[int, ...], dtype: str) -> Array:
    noise = np.random.default_rng(0).random(shape, np.float32)
    return (noise * np.float32(white_of(np.dtype(dtype)))).astype(dtype)
