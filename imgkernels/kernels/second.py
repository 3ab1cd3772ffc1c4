"""Second derivatives and their smoothed relatives: Laplacians, LoG, DoG."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.derivative import derivative_taps
from imgkernels.kernels.rules import odd, positive
from imgkernels.kernels.smooth import gaussian
from imgkernels.taps import affordable


def laplacian(neighbours: Literal["axes", "all"] = "axes", *, ndim: int = 2) -> Kernel:
    """Return the sum of second differences, over the neighbours on the axes or over all of them.

    On two axes these are the Laplacians of 4 (gain 1) and of 8 neighbours (gain 3); the middle
    is negative, so that the answer has the sign of the second derivative.

    >>> laplacian().taps.tolist()
    [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if neighbours not in ("axes", "all"):
        raise InvalidValue(f"laplacian: neighbours must be 'axes' or 'all'; got {neighbours!r}")
    if not 1 <= ndim <= 3:
        raise InvalidValue(f"laplacian: ndim must be 1, 2 or 3; got {ndim!r}")
    steps = np.abs(np.indices((3,) * ndim) - 1).sum(axis=0)
    taps = (steps == 1 if neighbours == "axes" else steps > 0).astype(np.float64)
    taps[(1,) * ndim] = -taps.sum()
    return Kernel(taps)


def laplacian_sobel(ksize: int = 3) -> Kernel:
    """Return OpenCV's Laplacian of odd size 1 to 31: Sobel's second derivatives, added up.

    Sizes 1, 3, 5, 7 have gains 1, 4, 64, 1024; size 1 is the Laplacian of 4 neighbours, and size 3
    is what OpenCV calls ksize 3, the diagonal neighbours alone.
    """
    if odd(ksize, "laplacian", most=31) == 1:
        return laplacian()
    if ksize == 3:
        return Kernel([[2, 0, 2], [0, -8, 0], [2, 0, 2]])
    second, smooth = derivative_taps(2, ksize), derivative_taps(0, ksize)
    return Kernel.from_factors(second, smooth) + Kernel.from_factors(smooth, second)


def log(sigma: float, *, ndim: int = 2, truncate: float = 4.0) -> Kernel:
    """Return the Laplacian of a Gaussian, sampled; sigma in pixels.

    The taps are the second derivatives of the Gaussian added up, then shifted so that they sum to
    0 and scaled so that the answer to a parabola is its true second derivative: sampling alone
    keeps neither. Source: Marr and Hildreth, Theory of edge detection, 1980.
    """
    sigma = positive(sigma, "log", "sigma")
    truncate = positive(truncate, "log", "truncate", most=20)
    half = max(1, math.ceil(truncate * sigma))
    affordable((2 * half + 1,) * ndim)
    x = np.arange(-half, half + 1)
    squares = np.zeros((1,) * ndim)
    for axis in range(ndim):
        squares = squares + (x**2).reshape([-1 if a == axis else 1 for a in range(ndim)])
    bell = np.exp(-squares / (2 * sigma**2))
    taps = (squares / sigma**2 - ndim) * bell
    # The correction follows the bell, so that the far taps stay near 0.
    taps = taps - bell * (taps.sum() / bell.sum())
    return Kernel(taps) / (Kernel(taps).moment(2, *[0] * (ndim - 1)) / 2)


def dog(
    sigma: float, sigma_wide: float | None = None, *, ndim: int = 2, truncate: float = 4.0
) -> Kernel:
    """Return the difference of two Gaussians, the narrow one minus the wide one; it sums to 0.

    `sigma_wide` is 1.6 times `sigma` unless given, which is nearest to a Laplacian of a Gaussian
    (Marr and Hildreth, Theory of edge detection, 1980); it must be the larger one.
    """
    sigma = positive(sigma, "dog", "sigma")
    wide = (
        1.6 * sigma if sigma_wide is None else positive(sigma_wide, "dog", "sigma_wide", most=800)
    )
    if wide <= sigma:
        raise InvalidValue(f"dog: sigma_wide must be above sigma {sigma:g} px; got {wide:g}")
    ksize = round(wide * positive(truncate, "dog", "truncate", most=20) * 2 + 1) | 1
    return gaussian(sigma, ksize, ndim=ndim) - gaussian(wide, ksize, ndim=ndim)
