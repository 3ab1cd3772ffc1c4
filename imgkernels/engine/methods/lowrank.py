"""A few separable kernels in place of one that is their sum, through OpenCV's sepFilter2D."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import even_chances, samples
from imgkernels.engine.methods.separable import value_cost
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

# Seconds of one core for a value whatever the window, and for adding up each term.
_VALUE, _ADDED = 0.4e-9, 0.5e-9
_MOST = 6


class LowRank(plane.Planar):
    """LoG, DoG, Gabor and steered derivatives are sums of two or three separable kernels; 2-D.

    What the singular values leave out is below 1e-12 of the largest.
    """

    name = "lowrank"
    summary = "a sum of separable kernels (SVD, OpenCV sepFilter2D)"

    def obstacle(self, problem: Problem) -> str | None:
        reason = plane.obstacle(problem)
        if reason is not None:
            return reason
        assert problem.kernel is not None
        if problem.kernel.factors is not None:
            return "the kernel is separable"
        if max(problem.window) > plane.LARGEST:
            return f"windows of more than {plane.LARGEST} taps a side are not taken apart"
        if problem.kernel.rank > _MOST:
            return f"the kernel is the sum of {problem.kernel.rank} separable ones"
        return None

    def cost(self, problem: Problem) -> float:
        assert problem.kernel is not None
        wide = replace(problem, dtype=_depth(problem))
        each = _VALUE + problem.kernel.rank * (_ADDED + value_cost(wide))
        return problem.kernel.rank * plane.overhead(problem) + each * samples(problem)

    def sums(self, problem: Problem) -> plane.Sums:
        cv2 = opencv.require()
        assert problem.kernel is not None
        dtype, anchor = _depth(problem), problem.anchor[::-1]
        depth = cv2.CV_32F if dtype == np.float32 else cv2.CV_64F
        pairs = [(u.astype(dtype), v.astype(dtype)) for u, v in terms(problem.kernel)]

        def summed(image: Any, border: int, answer: Any = None) -> Any:
            total = None
            for along_y, along_x in pairs:
                room = answer if total is None else None
                part = cv2.sepFilter2D(image, depth, along_x, along_y, room, anchor, 0, border)
                total = part if total is None else cv2.add(total, part, total)
            return total

        return plane.Sums(summed, dtype)


def terms(kernel: Kernel) -> list[tuple[Taps, Taps]]:
    """Return the rows along y and along x whose outer products add up to a kernel of two axes."""
    along_y, sizes, along_x = np.linalg.svd(kernel.taps)
    roots = np.sqrt(sizes[: kernel.rank])
    return [(along_y[:, i] * root, along_x[i] * root) for i, root in enumerate(roots)]


def _depth(problem: Problem) -> np.dtype[np.floating]:
    assert problem.kernel is not None
    return np.dtype(np.float64) if even_chances(problem.kernel, problem.dtype) else problem.compute
