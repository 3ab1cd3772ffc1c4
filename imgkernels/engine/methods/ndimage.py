"""Any number of axes, through scipy.ndimage."""

from __future__ import annotations

import math

import numpy as np

from imgkernels.engine.methods.method import extended, one_kernel, strided
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats


def _summed(problem: Problem) -> int:
    """Return how many sums are made: one for each sample of the image and of its border."""
    space = zip(problem.space, problem.margins, strict=True)
    return problem.shape[0] * problem.outputs * math.prod(n + b + a for n, (b, a) in space)


class Ndimage:
    """The sliding window on 1 to 3 axes, along each axis in turn where the kernel is separable."""

    name = "ndimage"
    summary = "the window slides over any number of axes (scipy.ndimage)"

    def missing(self) -> str | None:
        return None

    def obstacle(self, problem: Problem) -> str | None:
        return one_kernel(problem)

    def cost(self, problem: Problem) -> float:
        assert problem.kernel is not None
        split = problem.kernel.factors is not None
        taps = sum(problem.window) if split else problem.taps
        return 1e-4 + (4e-9 * problem.ndim + 0.45e-9 * taps) * _summed(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        from scipy import ndimage

        kernel = problem.kernel
        assert kernel is not None
        # In float64 throughout: scipy sums in it anyway, and between passes nothing is rounded.
        y = extended(problem, x).astype(np.float64)
        if kernel.factors is not None:
            for axis, (row, anchor) in enumerate(
                zip(kernel.factors, kernel.anchor, strict=True), start=1
            ):
                y = ndimage.correlate1d(
                    y, row, axis, mode="constant", origin=anchor - row.size // 2
                )
        else:
            taps = kernel.taps[np.newaxis, ..., np.newaxis]
            origin = [0, *(a - n // 2 for a, n in zip(kernel.anchor, kernel.shape, strict=True)), 0]
            y = ndimage.correlate(y, taps, mode="constant", origin=origin)
        corner = [
            slice(b, b + n) for (b, _), n in zip(problem.reach, problem.dense_space, strict=True)
        ]
        return strided(problem, y[(slice(None), *corner)]).astype(problem.compute)
