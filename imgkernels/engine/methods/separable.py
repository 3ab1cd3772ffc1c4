"""One row after the other, through OpenCV's sepFilter2D."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import samples
from imgkernels.engine.problem import Problem

_MOST_FOR_RANK = 1 << 16  # taps: of 2,047 x 2,047 it took 19 seconds to name the rank
_NEAR_ONE = 1e-5  # of a sum: OpenCV's own limit is 1e-7 of float32 sums

# Seconds of one core for a value, and for each tap; float64 costs so much more. Long rows fall out
# of cache: the cost of a tap has doubled where there are so many. Bytes are shared by all cores.
_VALUE, _TAP, _BYTE_VALUE, _BYTE_TAP = 0.6e-9, 0.036e-9, 0.15e-9, 0.013e-9
_DOUBLE = 2.5
_LONG = 100


class Separable(plane.Planar):
    """A pass along x and a pass along y, for kernels that are the product of two rows."""

    name = "separable"
    summary = "a pass along each axis (OpenCV sepFilter2D)"

    def obstacle(self, problem: Problem) -> str | None:
        reason = plane.obstacle(problem)
        if reason is None and problem.kernel is not None and problem.kernel.factors is None:
            few = problem.kernel.size <= _MOST_FOR_RANK
            told = f" (rank {problem.kernel.rank})" if few else ""
            return f"the kernel is not separable{told}"
        return reason

    def cost(self, problem: Problem) -> float:
        return plane.overhead(problem) + value_cost(problem) * samples(problem)

    def sums(self, problem: Problem) -> plane.Sums:
        cv2 = opencv.require()
        assert problem.kernel is not None and problem.kernel.factors is not None
        dtype, anchor = problem.compute, problem.anchor[::-1]
        along_y, along_x = (row.astype(dtype) for row in problem.kernel.factors)
        depth = cv2.CV_32F if dtype == np.float32 else cv2.CV_64F

        def passes(image: Any, border: int, answer: Any = None) -> Any:
            return cv2.sepFilter2D(image, depth, along_x, along_y, answer, anchor, 0, border)

        # From 16 bits OpenCV takes a slow way; from 8 bits a quick one.
        return plane.Sums(passes, dtype, quick=("uint8",))

    def rounding(self, problem: Problem, finish: Finish) -> plane.PlaneFilter | None:
        if not plane.rounds(problem, finish):
            return None
        cv2 = opencv.require()
        assert problem.kernel is not None and problem.kernel.factors is not None
        along_y, along_x = problem.kernel.factors
        # Two rows that sum to 1 OpenCV rounds to 8 fractional bits: let them sum to 2 and 1/2.
        double = 2.0 if all(abs(row.sum() - 1) < _NEAR_ONE for row in (along_x, along_y)) else 1.0
        rows = (along_x * double).astype(np.float32), (along_y / double).astype(np.float32)
        anchor, shift = problem.anchor[::-1], finish.offset

        def passes(image: Any, border: int, answer: Any = None) -> Any:
            return cv2.sepFilter2D(image, cv2.CV_8U, *rows, answer, anchor, shift, border)

        return passes


def value_cost(problem: Problem) -> float:
    """Return the seconds for a value of a pass along each axis."""
    taps = sum(n * (1 + n / _LONG) for n in problem.window)
    if problem.dtype == np.uint8:
        return _BYTE_VALUE + _BYTE_TAP * taps
    return (_VALUE + _TAP * taps) * (_DOUBLE if problem.compute == np.float64 else 1)
