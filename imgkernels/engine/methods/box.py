"""The mean of a window at a cost that does not grow with it, through OpenCV's boxFilter."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import samples
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats, saturate

# Seconds of one core for a value, and for each tap of the longer side until the rows that are
# summed have fallen out of cache; float64 costs so much more.
_VALUE, _SIDE, _WIDE, _DOUBLE = 0.75e-9, 0.03e-9, 64, 2.0
_STORED, _MOST_STORED = 0.3e-9, 0.4e-9  # where means are rounded as they are made
_WHOLE_MEANS = {"uint8", "uint16"}  # dtypes whose means OpenCV rounds to the nearest
_NEAR_ONE = 1e-12  # a sum of taps that is 1 but for rounding


class Box:
    """Running sums for kernels whose taps are all the same; 2-D."""

    name = "box"
    summary = "running sums, as all taps are equal (OpenCV boxFilter)"

    def missing(self) -> str | None:
        return plane.missing()

    def obstacle(self, problem: Problem) -> str | None:
        return plane.obstacle(problem) or uneven(problem)

    def cost(self, problem: Problem) -> float:
        if self.stores(problem, problem.dtype):
            stored = _STORED + min(_SIDE * max(problem.window), _MOST_STORED)
            return plane.overhead(problem) + stored * samples(problem)
        each = _VALUE + _SIDE * min(max(problem.window), _WIDE)
        wide = _DOUBLE if problem.compute == np.float64 else 1
        return plane.overhead(problem) + each * wide * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        cv2 = opencv.require()
        size, anchor = problem.window[::-1], problem.anchor[::-1]
        depth = cv2.CV_32F if problem.compute == np.float32 else cv2.CV_64F
        # Of means, not of sums, which leave float32 before their mean does.
        scale = problem.compute.type(tap_of(problem) * problem.taps)

        def scaled_means(image: Any, border: int) -> Any:
            means = cv2.boxFilter(image, depth, size, anchor=anchor, borderType=border)
            return means if scale == 1 else np.multiply(means, scale, out=means)

        return plane.run(problem, x, scaled_means, problem.compute, quick=("uint8", "uint16"))

    def stores(self, problem: Problem, result: np.dtype[Any]) -> bool:
        # Means of an even number of integers may lie between two levels, where OpenCV rounds up.
        odd = problem.taps % 2 == 1 and problem.dtype == result
        if not odd or result.name not in _WHOLE_MEANS:
            return False
        mean = abs(tap_of(problem) * problem.taps - 1) < _NEAR_ONE
        return mean and problem.border_value in range(np.iinfo(result).max + 1)

    def stored(
        self, problem: Problem, x: Array, result: np.dtype[Any], offset: float = 0.0
    ) -> Array:
        if offset:  # OpenCV adds none
            y = self.run(problem, x, None)
            return saturate(y + y.dtype.type(offset), result)
        cv2 = opencv.require()
        size, anchor = problem.window[::-1], problem.anchor[::-1]

        def means(image: Any, border: int) -> Any:
            return cv2.boxFilter(image, -1, size, anchor=anchor, borderType=border)

        return plane.run(problem, x, means, result, result=result)


def uneven(problem: Problem) -> str | None:
    """Say that the taps are not all equal."""
    factors = problem.kernel.factors if problem.kernel is not None else None
    if factors is None or any((row != row[0]).any() for row in factors):
        return "the taps are not all equal"
    return None


def tap_of(problem: Problem) -> float:
    """Return the one value that all taps have."""
    assert problem.kernel is not None and problem.kernel.factors is not None
    return float(np.prod([row[0] for row in problem.kernel.factors]))
