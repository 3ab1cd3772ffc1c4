"""The mean of a window at a cost that does not grow with it, through OpenCV's boxFilter."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import samples
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats


class Box:
    """Running sums for kernels whose taps are all the same; 2-D."""

    name = "box"
    summary = "running sums, as all taps are equal (OpenCV boxFilter)"

    def missing(self) -> str | None:
        return plane.missing()

    def obstacle(self, problem: Problem) -> str | None:
        return plane.obstacle(problem) or uneven(problem)

    def cost(self, problem: Problem) -> float:
        return plane.overhead(problem) + 1.6e-9 * samples(problem)

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
