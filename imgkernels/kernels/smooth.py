"""Kernels that smooth: taps that sum to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import number, odd, per_axis, positive, ray, window
from imgkernels.taps import Taps, affordable

# What OpenCV takes for these sizes when no sigma is given (smooth.dispatch.cpp).
_TABLES = {
    1: (1.0,),
    3: (0.25, 0.5, 0.25),
    5: (0.0625, 0.25, 0.375, 0.25, 0.0625),
    7: (0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125),
    9: tuple(tap / 256 for tap in (4, 13, 30, 51, 60, 51, 30, 13, 4)),
}


def identity(ndim: int = 2, scale: float = 1.0) -> Kernel:
    """Return the kernel that changes nothing: a single tap of 1, or of `scale`."""
    return number(scale, "identity", "scale") * Kernel.from_factors(*[[1.0]] * ndim)


def box(size: int | Sequence[int], ndim: int = 2) -> Kernel:
    """Return the mean over a window of `size` taps, one for all axes or one per axis.

    >>> box(2, ndim=1).taps.tolist()
    [0.5, 0.5]
    """
    sizes = [window(n, "box") for n in per_axis(size, ndim, "box", "size")]
    return Kernel.from_factors(*(np.full(n, 1 / n) for n in sizes))


def gaussian(
    sigma: float | Sequence[float] = 0.0,
    ksize: int | Sequence[int] | None = None,
    *,
    ndim: int = 2,
    truncate: float = 4.0,
) -> Kernel:
    """Return a sampled Gaussian; sigma in pixels, one for all axes or one per axis (z, y, x).

    Sizes and sigmas follow OpenCV. Without `ksize` the width is round(2 * truncate * sigma + 1),
    made odd; OpenCV truncates 8-bit images at 3 sigma and others at 4. With `ksize` and a sigma
    of 0 (or less) the sigma is 0.3 * ((ksize - 1) / 2 - 1) + 0.8, but the sizes 1 to 9 have
    tables of their own. A sigma of 0 without `ksize` is the identity.

    Raises `InvalidValue` for an even ksize, and for a sigma that is NaN, infinite, above 500,
    between 0 and 0.01, or negative without a ksize.

    Source: OpenCV, getGaussianKernel and createGaussianKernels in smooth.dispatch.cpp.

    >>> gaussian(0, 3, ndim=1).taps.tolist()
    [0.25, 0.5, 0.25]
    """
    sigmas = per_axis(sigma, ndim, "gaussian", "sigma")
    sizes = per_axis(ksize, ndim, "gaussian", "ksize")
    rows = [gaussian_taps(s, n, truncate) for s, n in zip(sigmas, sizes, strict=True)]
    return Kernel.from_factors(*rows)


def gaussian_taps(sigma: float, ksize: int | None = None, truncate: float = 4.0) -> Taps:
    """Return one row of a Gaussian, as `gaussian` describes it."""
    sigma = number(sigma, "gaussian", "sigma")
    truncate = positive(truncate, "gaussian", "truncate", most=20)
    if ksize is None:
        if sigma == 0:
            return np.ones(1)
        sigma = positive(sigma, "gaussian", "sigma")
        ksize = round(sigma * truncate * 2 + 1) | 1
    ksize = odd(ksize, "gaussian", most=20_001)
    if sigma <= 0:
        if ksize in _TABLES:
            return np.array(_TABLES[ksize])
        sigma = 0.3 * ((ksize - 1) * 0.5 - 1) + 0.8
    sigma = positive(sigma, "gaussian", "sigma", most=math.inf)
    x = np.arange(ksize) - (ksize - 1) / 2
    bell = np.exp(-(x**2) / (2 * sigma**2))
    row: Taps = bell / bell.sum()
    return row


def binomial(size: int | Sequence[int], ndim: int = 2) -> Kernel:
    """Return a row of Pascal's triangle on each axis, scaled to a sum of 1.

    >>> (binomial(5, ndim=1).taps * 16).tolist()
    [1.0, 4.0, 6.0, 4.0, 1.0]
    """
    sizes = [window(n, "binomial", most=999) for n in per_axis(size, ndim, "binomial", "size")]
    rows = [np.array([math.comb(n - 1, k) / 2 ** (n - 1) for k in range(n)]) for n in sizes]
    return Kernel.from_factors(*rows)


def disk(radius: float | Sequence[float], ndim: int = 2) -> Kernel:
    """Return the mean over a disk (a ball in 3-D), as a lens out of focus draws a point.

    `radius` in pixels, 0 to 100, one for all axes or one per axis (z, y, x). Each tap weighs the
    share of its pixel that the disk covers, found on a grid of 15 points per axis (5 in 3-D), so
    that it grows smoothly with the radius.
    """
    radii = [number(r, "disk", "radius") for r in per_axis(radius, ndim, "disk", "radius")]
    if not all(0 <= r <= 100 for r in radii):
        raise InvalidValue(f"disk: radius must be from 0 to 100 px; got {radius!r}")
    radii = [max(r, 0.5) for r in radii]
    sizes = [2 * math.ceil(r - 0.5) + 1 for r in radii]
    fine = 15 if ndim < 3 else 5
    affordable([n * fine for n in sizes])
    # Counted in halves of a fine step, points and radius are whole or exact: the disk is symmetric.
    squares = np.zeros((1,) * ndim)
    for axis, (n, r) in enumerate(zip(sizes, radii, strict=True)):
        points = (2.0 * np.arange(n * fine) - (n * fine - 1)) * (radii[0] / r)
        squares = squares + (points**2).reshape([-1 if a == axis else 1 for a in range(ndim)])
    inside = (squares <= (2 * fine * radii[0]) ** 2).astype(np.float64)
    taps = inside.reshape([n for size in sizes for n in (size, fine)])
    taps = taps.sum(axis=tuple(range(1, 2 * ndim, 2)))
    return Kernel(taps / taps.sum())


def motion(length: float, angle: float = 0.0, *, spacing: Sequence[float] = (1.0, 1.0)) -> Kernel:
    """Return the mean along a line: the trace of a point that moves `length` pixels.

    `angle` in degrees, counter-clockwise from the x axis as seen (y points down). A length of 1
    is the identity. A tap weighs 1 minus its distance from the line, so the weights turn with the
    angle without jumps. With a `spacing` (y, x) length and angle are in its unit: a line among
    pixels of unequal sides is a line. Source: the motion kernel of MATLAB's fspecial.

    >>> motion(3).taps.round(3).tolist()
    [[0.333, 0.333, 0.333]]
    """
    dx, dy, dense = ray(angle, "motion", "angle", spacing)
    length = number(length, "motion", "length") * dense
    if not 1 <= length <= 1000:
        raise InvalidValue(f"motion: length must be from 1 to 1000 px; got {length!r}")
    half = (length - 1) / 2
    half_x, half_y = math.ceil(abs(half * dx)), math.ceil(abs(half * dy))
    y, x = np.mgrid[-half_y : half_y + 1, -half_x : half_x + 1]
    along = (x * dx + y * dy).clip(-half, half)
    taps = (1 - np.hypot(x - along * dx, y - along * dy)).clip(0)
    return Kernel(taps / taps.sum())
