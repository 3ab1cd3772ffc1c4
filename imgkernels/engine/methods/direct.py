"""The sliding window, through OpenCV's filter2D."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import samples
from imgkernels.engine.problem import Problem

_DFT_FROM = 130  # taps from which OpenCV goes over to a discrete Fourier transform ...
_DFT_FROM_DOUBLE = 50  # ... and in float64

# Seconds of one core for a value and for each tap of it; by the transform, also for each tap of
# the longer side; and for bringing a value to the depth of the sums.
_VALUE, _TAP, _DOUBLE = 0.4e-9, 0.033e-9, 3.0
_DFT, _DFT_SIDE = 9e-9, 0.1e-9
_CONVERTED = 0.2e-9


class Direct(plane.Planar):
    """Every tap of the window on every pixel; 2-D."""

    name = "direct"
    summary = "the window slides over the image (OpenCV filter2D)"

    def obstacle(self, problem: Problem) -> str | None:
        return plane.obstacle(problem)

    def cost(self, problem: Problem) -> float:
        double = _depth(problem) == np.float64
        if problem.taps >= _least_of_dft(_depth(problem)):
            each = _DFT + _DFT_SIDE * max(problem.window)
        else:
            each = (_VALUE + _TAP * problem.taps) * (_DOUBLE if double else 1)
        if problem.dtype != _depth(problem):
            each += _CONVERTED
        return plane.overhead(problem) + each * samples(problem)

    def sums(self, problem: Problem) -> plane.Sums:
        cv2 = opencv.require()
        assert problem.kernel is not None
        dtype, anchor = _depth(problem), problem.anchor[::-1]
        taps = problem.kernel.taps.astype(dtype)
        depth = cv2.CV_32F if dtype == np.float32 else cv2.CV_64F

        def slide(image: Any, border: int, answer: Any = None) -> Any:
            return cv2.filter2D(image, depth, taps, answer, anchor, 0, border)

        # From integers OpenCV takes a way many times slower than from floats.
        return plane.Sums(slide, dtype, free=problem.taps < _least_of_dft(dtype))

    def rounding(self, problem: Problem, finish: Finish) -> plane.PlaneFilter | None:
        # Its transform is in float32, and so are the halves that it rounds.
        if not plane.rounds(problem, finish) or problem.taps >= _DFT_FROM:
            return None
        cv2 = opencv.require()
        assert problem.kernel is not None
        taps, anchor = problem.kernel.taps.astype(np.float32), problem.anchor[::-1]
        shift = finish.offset

        def slide(image: Any, border: int, answer: Any = None) -> Any:
            return cv2.filter2D(image, -1, taps, answer, anchor, shift, border)

        return slide


def _least_of_dft(dtype: np.dtype[np.floating]) -> int:
    return _DFT_FROM_DOUBLE if dtype == np.float64 else _DFT_FROM


def _depth(problem: Problem) -> np.dtype[np.floating]:
    # Its transform in float32 is off by parts of a level on a 16-bit scale: use float64 there.
    coarse = problem.taps >= _DFT_FROM and problem.dtype.name in ("uint16", "int16")
    return np.dtype(np.float64) if coarse else problem.compute
