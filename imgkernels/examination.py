"""What a kernel is: everything about it that can be computed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.symmetry import Turn, symmetries

MOST_DEGREE = 4


@dataclass(frozen=True)
class Examination:
    """The properties of a kernel.

    `moments` are those up to degree 4 that are not 0, by their powers (z, y, x), counted from the
    anchor. `sigma` is the width per axis of the Gaussian that smooths as much, where it smooths
    and no tap is below 0. `norm` is the root of the sum of squares: what white noise is multiplied
    by. `low` and `high` are the least and greatest answers to inputs from 0 to 1; times 255 they
    are the range in 8 bits.
    """

    kernel: Kernel
    sum: float
    order: int
    gain: float
    moments: dict[tuple[int, ...], float]
    symmetric: tuple[Turn, ...]
    antisymmetric: tuple[Turn, ...]
    rank: int
    norm: float
    sigma: tuple[float, ...] | None
    centre: tuple[float, ...]
    low: float
    high: float

    @property
    def direction(self) -> float:
        """Where the image gets brighter when a first derivative on two axes answers most.

        In degrees counter-clockwise from x as seen (y points down); NaN for other kernels.
        """
        if self.order != 1 or self.kernel.ndim != 2:
            return math.nan
        along_y, along_x = self.moments.get((1, 0), 0.0), self.moments.get((0, 1), 0.0)
        return math.degrees(math.atan2(-along_y, along_x)) % 360


def examine(kernel: Kernel) -> Examination:
    """Compute everything that is known of a kernel.

    >>> found = examine(Kernel([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]))
    >>> found.order, found.gain, found.rank, found.moments
    (1, 8.0, 1, {(0, 1): 8.0, (0, 3): 8.0, (2, 1): 4.0})
    """
    by_degree = [kernel.moments(degree) for degree in range(MOST_DEGREE + 1)]
    low, high = _extremes(kernel)
    return Examination(
        kernel,
        kernel.sum if by_degree[0][(0,) * kernel.ndim] else 0.0,
        kernel.order,
        kernel.gain,
        {powers: m for found in by_degree for powers, m in found.items() if m},
        symmetries(kernel),
        symmetries(kernel, -1),
        kernel.rank,
        _norm(kernel),
        _sigma(kernel) if low == 0 and high > 0 else None,
        _centre(kernel),
        low,
        high,
    )


def spread(kernel: Kernel, axis: int) -> float:
    """Return the variance along an axis of a kernel that does not sum to 0."""
    unit = np.eye(kernel.ndim, dtype=int)[axis]
    mean = kernel.moment(*unit) / kernel.sum
    return kernel.moment(*(2 * unit)) / kernel.sum - mean**2


def _extremes(kernel: Kernel) -> tuple[float, float]:
    """Return the sum of the taps below 0, and of those above; a product's by its rows."""
    low, high = 0.0, 1.0
    for part in kernel.factors or (kernel.taps,):
        below, above = math.fsum(part[part < 0]), math.fsum(part[part > 0])
        low, high = low * above + high * below, high * above + low * below
    return low, high


def _norm(kernel: Kernel) -> float:
    return math.prod(float(np.linalg.norm(part)) for part in kernel.factors or (kernel.taps,))


def _sigma(kernel: Kernel) -> tuple[float, ...]:
    return tuple(math.sqrt(max(spread(kernel, axis), 0.0)) for axis in range(kernel.ndim))


def _centre(kernel: Kernel) -> tuple[float, ...]:
    """Return how far the middle of the taps lies from the anchor, along each axis, in px.

    That of their weights where they smooth, else that of the window.
    """
    if kernel.order == 0:
        units = np.eye(kernel.ndim, dtype=int)
        return tuple(kernel.moment(*unit) / kernel.sum for unit in units)
    return tuple((n - 1) / 2 - a for a, n in zip(kernel.anchor, kernel.shape, strict=True))
