"""One-sided motion: a trail that fades."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import positive, ray


def comet(
    sigma: float,
    angle: float = 0.0,
    *,
    truncate: float = 3.0,
    spacing: Sequence[float] = (1.0, 1.0),
) -> Kernel:
    """Return half a Gaussian along a ray: every bright point grows a tail in the direction.

    `angle` in degrees, counter-clockwise from the x axis as seen; sigma in pixels along the tail.
    With a `spacing` (y, x) both are in its unit: a ray among pixels of unequal sides is a ray.
    A tap weighs the Gaussian times 1 minus its distance from the ray, so the weights turn with the
    angle without jumps. Source: ImageMagick, Comet, here at any angle.

    >>> comet(1, truncate=2).taps.round(3).tolist()
    [[0.078, 0.348, 0.574]]
    """
    dx, dy, dense = ray(angle, "comet", "angle", spacing)
    dx, dy = -dx, -dy  # the kernel gathers what the tail spreads, so its taps lie opposite
    sigma = positive(sigma * dense, "comet", "sigma", most=200)
    reach = truncate * sigma
    if not 0 < reach <= 1000:
        raise InvalidValue(f"comet: the tail must be at most 1000 px long; got {reach:g}")
    xs, ys = _span(reach * dx), _span(reach * dy)
    y, x = np.meshgrid(ys, xs, indexing="ij")
    along = (x * dx + y * dy).clip(0, reach)
    beside = np.hypot(x - along * dx, y - along * dy)
    taps = np.exp(-(along**2) / (2 * sigma**2)) * (1 - beside).clip(0)
    anchor = (int(-ys[0]), int(-xs[0]))
    return Kernel(taps / taps.sum(), anchor)


def _span(end: float) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Every whole place from 0 to an end, rounded outwards."""
    far = math.ceil(abs(end))
    return np.arange(far + 1) if end >= 0 else np.arange(-far, 1)
