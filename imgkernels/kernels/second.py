"""Second derivatives and their smoothed relatives: Laplacians, LoG, DoG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.derivative import derivative_taps
from imgkernels.kernels.rules import odd, per_axis, positive
from imgkernels.kernels.smooth import gaussian
from imgkernels.taps import affordable


def laplacian(
    neighbours: Literal["axes", "all"] = "axes",
    *,
    ndim: int = 2,
    spacing: Sequence[float] | None = None,
) -> Kernel:
    """Return the sum of second differences, over the neighbours on the axes or over all of them.

    On two axes these are the Laplacians of 4 (gain 1) and of 8 neighbours (gain 3); the middle
    is negative, so that the answer has the sign of the second derivative. With a `spacing` (z, y,
    x) the neighbours on an axis weigh 1 / step squared; "all" needs equal steps.

    >>> laplacian().taps.tolist()
    [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]
    """
    if neighbours not in ("axes", "all"):
        raise InvalidValue(f"laplacian: neighbours must be 'axes' or 'all'; got {neighbours!r}")
    if not 1 <= ndim <= 3:
        raise InvalidValue(f"laplacian: ndim must be 1, 2 or 3; got {ndim!r}")
    steps = spacing or (1.0,) * ndim
    if neighbours == "all" and len(set(steps)) > 1:
        raise InvalidValue(
            f"laplacian: neighbours 'all' needs pixels of equal sides; got spacing {steps!r}"
        )
    away = np.abs(np.indices((3,) * ndim) - 1)
    weights = np.array([1 / step**2 for step in steps])
    if neighbours == "axes":
        taps = np.where(away.sum(axis=0) == 1, np.tensordot(weights, away, 1), 0)
    else:
        taps = np.where(away.any(axis=0), weights[0], 0)
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


def log(
    sigma: float,
    *,
    ndim: int = 2,
    truncate: float = 4.0,
    spacing: Sequence[float] | None = None,
) -> Kernel:
    """Return the Laplacian of a Gaussian, sampled; sigma in pixels, or in the unit of `spacing`.

    The taps are the second derivatives of the Gaussian added up, then shifted so that they sum to
    0 and scaled so that the answer to a parabola is its true second derivative: sampling alone
    keeps neither. Source: Marr and Hildreth, Theory of edge detection, 1980.
    """
    steps = spacing or (1.0,) * ndim
    sigmas = [positive(sigma / step, "log", "sigma") for step in steps]
    truncate = positive(truncate, "log", "truncate", most=20)
    halves = [max(1, math.ceil(truncate * s)) for s in sigmas]
    affordable([2 * half + 1 for half in halves])
    squares = np.zeros((1,) * ndim)
    for axis, (half, s) in enumerate(zip(halves, sigmas, strict=True)):
        row = (np.arange(-half, half + 1) / s) ** 2
        squares = squares + row.reshape([-1 if a == axis else 1 for a in range(ndim)])
    bell = np.exp(-squares / 2)
    taps = (squares - ndim) * bell
    # The correction follows the bell, so that the far taps stay near 0.
    taps = taps - bell * (taps.sum() / bell.sum())
    kernel = Kernel(taps)
    units = np.eye(ndim, dtype=int)
    bends = [kernel.moment(*2 * u) * step**2 / 2 for u, step in zip(units, steps, strict=True)]
    return kernel / (sum(bends) / ndim)


def dog(
    sigma: float | Sequence[float],
    sigma_wide: float | Sequence[float] | None = None,
    *,
    ndim: int = 2,
    truncate: float = 4.0,
) -> Kernel:
    """Return the difference of two Gaussians, the narrow one minus the wide one; it sums to 0.

    `sigma_wide` is 1.6 times `sigma` unless given, which is nearest to a Laplacian of a Gaussian
    (Marr and Hildreth, Theory of edge detection, 1980); it must be the larger one.
    """
    narrow = [positive(s, "dog", "sigma") for s in per_axis(sigma, ndim, "dog", "sigma")]
    wide = [1.6 * s for s in narrow]
    if sigma_wide is not None:
        given = per_axis(sigma_wide, ndim, "dog", "sigma_wide")
        wide = [positive(s, "dog", "sigma_wide", most=800) for s in given]
    for less, more in zip(narrow, wide, strict=True):
        if more <= less:
            raise InvalidValue(f"dog: sigma_wide must be above sigma {less:g} px; got {more:g}")
    truncate = positive(truncate, "dog", "truncate", most=20)
    sizes = [round(s * truncate * 2 + 1) | 1 for s in wide]
    return gaussian(narrow, sizes, ndim=ndim) - gaussian(wide, sizes, ndim=ndim)
