"""Kernels that are separable but for the tap on the pixel itself, as unsharp masks are; 2-D."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import even_chances, samples
from imgkernels.engine.methods.separable import value_cost
from imgkernels.engine.problem import Problem
from imgkernels.kernel import EXACT, Kernel
from imgkernels.taps import Taps

_ADDED = 0.3e-9  # seconds for bringing the pixel itself to the sum of the others


class Centred(plane.Planar):
    """A pass along each axis, to which the pixel itself is added."""

    name = "centred"
    summary = "a pass along each axis, and the pixel itself (OpenCV sepFilter2D, addWeighted)"

    def obstacle(self, problem: Problem) -> str | None:
        reason = plane.obstacle(problem)
        if reason is not None:
            return reason
        if problem.extent != "same":
            return "each pixel itself must be answered: the extent must be same"
        assert problem.kernel is not None
        if parted(problem.kernel) is None:
            return "the kernel is not a separable one with another tap on the pixel itself"
        if even_chances(problem.kernel, problem.dtype):
            return "sums may lie between two levels, and are not exact"
        return None

    def cost(self, problem: Problem) -> float:
        return plane.overhead(problem) + (_ADDED + value_cost(problem)) * samples(problem)

    def sums(self, problem: Problem) -> plane.Sums:
        cv2 = opencv.require()
        single = problem.compute == np.float32
        depth = cv2.CV_32F if single else cv2.CV_64F
        return plane.Sums(_passes(problem, depth, 0.0), problem.compute, quick=("uint8",))

    def rounding(self, problem: Problem, finish: Finish) -> plane.PlaneFilter | None:
        if not plane.rounds(problem, finish):
            return None
        return _passes(problem, opencv.require().CV_8U, finish.offset)


def _passes(problem: Problem, depth: int, shift: float) -> plane.PlaneFilter:
    """Return the filter that makes the sums in floats, and stores them in a depth."""
    cv2, anchor = opencv.require(), problem.anchor[::-1]
    assert problem.kernel is not None
    found = parted(problem.kernel)
    assert found is not None
    extra, along_y, along_x = found
    rows = along_x.astype(problem.compute), along_y.astype(problem.compute)
    wide = cv2.CV_32F if problem.compute == np.float32 else cv2.CV_64F

    def passes(image: Any, border: int, answer: Any = None) -> Any:
        others = cv2.sepFilter2D(image, wide, *rows, None, anchor, 0, border)
        own = image.reshape(others.shape)
        return cv2.addWeighted(own, extra, others, 1.0, shift, answer, depth)

    return passes


@functools.lru_cache(64)
def parted(kernel: Kernel) -> tuple[float, Taps, Taps] | None:
    """Return what the tap on the pixel has more than a separable kernel, and its rows y and x.

    None where the kernel is separable, or no such one.
    """
    sides = kernel.shape
    if kernel.ndim != 2 or not 3 <= min(sides) <= max(sides) <= plane.LARGEST:
        return None
    if kernel.factors is not None:
        return None
    taps, anchor = kernel.taps, kernel.anchor
    # The rows that cross at the largest tap beside those of the pixel know nothing of its tap.
    beside = np.abs(taps)
    beside[anchor[0]], beside[:, anchor[1]] = 0, 0
    y, x = np.unravel_index(int(beside.argmax()), taps.shape)
    if taps[y, x] == 0:
        return None
    along_y, along_x = taps[:, x] / taps[y, x], taps[y]
    rest = taps - np.outer(along_y, along_x)
    extra, rest[anchor] = float(rest[anchor]), 0
    close = float(np.abs(rest).max()) <= EXACT * float(np.abs(taps).max())
    return (extra, along_y, along_x) if close else None
