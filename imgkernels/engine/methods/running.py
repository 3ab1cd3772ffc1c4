"""Running sums with numpy alone, on any number of axes."""

from __future__ import annotations

import numpy as np

from imgkernels.engine.methods.box import tap_of, uneven
from imgkernels.engine.methods.method import extended, one_kernel, samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats


class Running:
    """The sum of a window as the difference of two sums from the start, along each axis in turn."""

    name = "running"
    summary = "running sums, as all taps are equal (numpy cumsum)"

    def missing(self) -> str | None:
        return None

    def obstacle(self, problem: Problem) -> str | None:
        return one_kernel(problem) or uneven(problem)

    def cost(self, problem: Problem) -> float:
        return 5e-5 + 9e-9 * problem.ndim * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        sums = extended(problem, x).astype(np.float64)
        for axis, size in enumerate(problem.window, start=1):
            # Sums count from the middle value, so that they stay small beside what they differ by.
            running = np.cumsum(sums, axis=axis)
            head = np.take(running, [size - 1], axis=axis)
            later = _part(running, axis, size, None) - _part(running, axis, 0, -size)
            sums = np.concatenate([head, later], axis=axis)
        return strided(problem, (sums * tap_of(problem)).astype(problem.compute))


def _part(x: Floats, axis: int, start: int, stop: int | None) -> Floats:
    return x[(slice(None),) * axis + (slice(start, stop),)]
