"""A product in the frequency domain: the window's size costs nothing."""

from __future__ import annotations

import numpy as np

from imgkernels import opencv
from imgkernels.engine.methods import spectral_lines, spectral_tiles, spectral_whole
from imgkernels.engine.methods.method import even_chances, one_kernel
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

# Seconds of one core for a call, and for a value transformed there and back in float32; float64
# costs so much more. Of a kernel that is not its own mirror image the product costs more.
_CALL = 1e-4
_LINE, _TILE, _WHOLE = 3.7e-9, 6.0e-9, 40e-9
_DOUBLE = 1.8
_UNEVEN = 0.8e-9
_WITHOUT_OPENCV = 1.7

_HUGE = 1e30  # values from which sums of a line may leave float32


class Spectral:
    """Fourier transform, product, transform back.

    Separable kernels go along each axis in turn, in short lines; others of two axes in overlapping
    tiles; all else as a whole.
    """

    name = "spectral"
    summary = "a product of Fourier transforms (OpenCV, or scipy.fft)"

    def missing(self) -> str | None:
        return None

    def obstacle(self, problem: Problem) -> str | None:
        return one_kernel(problem)

    def cost(self, problem: Problem) -> float:
        if problem.empty:
            return _CALL
        if _separable(problem):
            each = _LINE if opencv.load() is not None else _LINE * _WITHOUT_OPENCV
            values = float(spectral_lines.values(problem))
        elif _tiled(problem):
            planes = problem.shape[0] * problem.channels
            each, values = _TILE, spectral_tiles.values(problem, _dtype(problem)) * planes
        else:
            return _CALL + _WHOLE * spectral_whole.values(problem)
        if not _mirrored(problem):
            each += _UNEVEN
        return _CALL + each * values * (1 if _dtype(problem) == np.float32 else _DOUBLE)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        dtype = np.dtype(np.float64) if _beyond_float32(x) else _dtype(problem)
        if _separable(problem):
            y = spectral_lines.run(problem, x, dtype)
        elif _tiled(problem):
            y = spectral_tiles.run(problem, x, dtype)
        else:
            y = spectral_whole.run(problem, x)
        return y.astype(problem.compute, copy=False)


def _separable(problem: Problem) -> bool:
    return problem.kernel is not None and problem.kernel.factors is not None


def _tiled(problem: Problem) -> bool:
    return problem.ndim == 2 and opencv.load() is not None


def _mirrored(problem: Problem) -> bool:
    assert problem.kernel is not None
    parts = problem.kernel.factors or (problem.kernel.taps,)
    return all(bool((part == np.flip(part)).all()) and part.size % 2 == 1 for part in parts)


def _dtype(problem: Problem) -> np.dtype[np.floating]:
    """Return what the transforms are made in.

    In float32 their rounding spreads over a tile, up to parts of a level on a 16-bit scale. Lines
    of 16 bits count from their means, which keeps them as exact as sums in float32 are. Taps that
    are whole but for a few bits put sums of integers at exact halves, which float64 keeps there.
    """
    assert problem.kernel is not None
    coarse = problem.dtype.name in ("uint16", "int16") and not _separable(problem)
    wide = coarse or even_chances(problem.kernel, problem.dtype)
    return np.dtype(np.float64) if wide else problem.compute


def _beyond_float32(x: Array) -> bool:
    return x.dtype == np.float32 and max(-float(x.min()), float(x.max())) > _HUGE
