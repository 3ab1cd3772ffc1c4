"""One row after the other, through OpenCV's sepFilter2D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import samples
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

_NEAR_ONE = 1e-5  # of a sum: OpenCV's own limit is 1e-7 of float32 sums


class Separable:
    """A pass along x and a pass along y, for kernels that are the product of two rows."""

    name = "separable"
    summary = "a pass along each axis (OpenCV sepFilter2D)"

    def missing(self) -> str | None:
        return plane.missing()

    def obstacle(self, problem: Problem) -> str | None:
        reason = plane.obstacle(problem)
        if reason is None and problem.kernel is not None and problem.kernel.factors is None:
            return f"the kernel is not separable (rank {problem.kernel.rank})"
        return reason

    def cost(self, problem: Problem) -> float:
        # Long rows fall out of cache: measured, the cost per tap grows with their number.
        passes = sum(n * (1 + n / 100) for n in problem.window)
        tap = 0.014e-9 if problem.dtype.itemsize == 1 else 0.03e-9 * problem.compute.itemsize / 4
        return plane.overhead(problem) + (1e-9 + tap * passes) * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        cv2 = opencv.require()
        assert problem.kernel is not None and problem.kernel.factors is not None
        dtype = problem.compute
        along_y, along_x = (row.astype(dtype) for row in problem.kernel.factors)
        depth = cv2.CV_32F if dtype == np.float32 else cv2.CV_64F
        anchor = problem.anchor[::-1]

        def passes(image: Any, border: int) -> Any:
            return cv2.sepFilter2D(image, depth, along_x, along_y, anchor=anchor, borderType=border)

        # From 16 bits OpenCV takes a slow way; from 8 bits a quick one.
        return plane.run(problem, x, passes, dtype, quick=("uint8",))

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        return plane.finishes(problems, finish)

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        cv2, problem = opencv.require(), problems[0]
        assert problem.kernel is not None and problem.kernel.factors is not None
        along_y, along_x = problem.kernel.factors
        # Two rows that sum to 1 OpenCV rounds to 8 fractional bits: let them sum to 2 and 1/2.
        double = 2.0 if all(abs(row.sum() - 1) < _NEAR_ONE for row in (along_x, along_y)) else 1.0
        rows = (along_x * double).astype(np.float32), (along_y / double).astype(np.float32)
        anchor = problem.anchor[::-1]

        def passes(image: Any, border: int) -> Any:
            return cv2.sepFilter2D(
                image, cv2.CV_8U, *rows, anchor=anchor, delta=finish.offset, borderType=border
            )

        return plane.run(problem, x, passes, problem.dtype, result=problem.dtype)
