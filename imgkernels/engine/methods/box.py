"""The mean of a window at a cost that does not grow with it, through OpenCV's boxFilter."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import samples
from imgkernels.engine.problem import Problem

# Seconds of one core for a value, and for each tap of the longer side until the rows that are
# summed have fallen out of cache; floats are summed in float64, whatever the window.
_VALUE, _SIDE, _WIDE = 0.75e-9, 0.03e-9, 64
_FLOAT, _DOUBLE = 1.1e-9, 1.4
# Where means are rounded as they are made, all cores share the rows.
_STORED, _STORED_SIDE, _MOST_STORED = 0.15e-9, 0.01e-9, 0.1e-9
_WHOLE_MEANS = {"uint8": 256, "uint16": 65536}  # levels of what OpenCV rounds to the nearest
_NEAR_ONE = 1e-12  # a sum of taps that is 1 but for rounding


class Box(plane.Planar):
    """Running sums for kernels whose taps are all the same; 2-D."""

    name = "box"
    summary = "running sums, as all taps are equal (OpenCV boxFilter)"

    def obstacle(self, problem: Problem) -> str | None:
        return plane.obstacle(problem) or uneven(problem)

    def cost(self, problem: Problem) -> float:
        if _whole_means(problem):
            stored = _STORED + min(_STORED_SIDE * max(problem.window), _MOST_STORED)
            return plane.overhead(problem) + stored * samples(problem)
        if problem.dtype.kind == "f":
            each = _FLOAT * (1 if problem.compute == np.float32 else _DOUBLE)
        else:
            each = _VALUE + _SIDE * min(max(problem.window), _WIDE)
        return plane.overhead(problem) + each * samples(problem)

    def sums(self, problem: Problem) -> plane.Sums:
        cv2 = opencv.require()
        size, anchor = problem.window[::-1], problem.anchor[::-1]
        depth = cv2.CV_32F if problem.compute == np.float32 else cv2.CV_64F
        # Of means, not of sums, which leave float32 before their mean does.
        scale = problem.compute.type(tap_of(problem) * problem.taps)

        def scaled_means(image: Any, border: int, answer: Any = None) -> Any:
            means = cv2.boxFilter(image, depth, size, answer, anchor, True, border)
            return means if scale == 1 else np.multiply(means, scale, out=means)

        # Sums of floats that run from row to row bear the roundings of all rows before.
        exact = problem.dtype.kind in "iu"
        return plane.Sums(scaled_means, problem.compute, quick=("uint8", "uint16"), free=exact)

    def rounding(self, problem: Problem, finish: Finish) -> plane.PlaneFilter | None:
        if not _rounds(problem, finish):
            return None
        cv2 = opencv.require()
        size, anchor = problem.window[::-1], problem.anchor[::-1]

        def means(image: Any, border: int, answer: Any = None) -> Any:
            return cv2.boxFilter(image, -1, size, answer, anchor, True, border)

        return means


def _rounds(problem: Problem, finish: Finish) -> bool:
    plain = not finish.length and finish.offset == 0
    return plain and problem.dtype == finish.result and _whole_means(problem)


def _whole_means(problem: Problem) -> bool:
    """Tell whether OpenCV rounds the means of a problem as we do, where it makes them.

    Means of an even number of integers may lie between two levels, where it rounds up.
    """
    levels = _WHOLE_MEANS.get(problem.dtype.name, 0)
    mean = abs(tap_of(problem) * problem.taps - 1) < _NEAR_ONE
    return mean and problem.taps % 2 == 1 and problem.border_value in range(levels)


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
