"""Means over a shape: diamond, octagon, plus, cross, ring; named small kernels that smooth."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import number

_MOST_RADIUS = 100


def diamond(radius: int) -> Kernel:
    """Return the mean over the pixels at most `radius` steps along the axes away.

    >>> (diamond(1).taps * 5).tolist()
    [[0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
    """
    y, x = _grid(radius, "diamond")
    return _mean(abs(x) + abs(y) <= radius)


def octagon(radius: int) -> Kernel:
    """Return the mean over a square of `radius` with its corners cut to an even octagon."""
    y, x = _grid(radius, "octagon")
    return _mean(abs(x) + abs(y) <= round(radius * np.sqrt(2)))


def plus(radius: int) -> Kernel:
    """Return the mean over the row and the column through the middle."""
    y, x = _grid(radius, "plus")
    return _mean((x == 0) | (y == 0))


def cross(radius: int) -> Kernel:
    """Return the mean over both diagonals through the middle."""
    y, x = _grid(radius, "cross")
    return _mean(abs(x) == abs(y))


def ring(inner: float, outer: float) -> Kernel:
    """Return the mean over the pixels from `inner` to `outer` px away from the middle."""
    inner, outer = number(inner, "ring", "inner"), number(outer, "ring", "outer")
    if not 0 <= inner <= outer <= _MOST_RADIUS:
        raise InvalidValue(
            f"ring: must have 0 <= inner <= outer <= {_MOST_RADIUS} px; got {inner:g} and {outer:g}"
        )
    y, x = _grid(int(outer), "ring")
    far = x**2 + y**2
    inside = (far >= inner**2) & (far <= outer**2)
    if not inside.any():
        raise InvalidValue(f"ring: no pixel lies from {inner:g} to {outer:g} px away")
    return _mean(inside)


def _grid(radius: int, who: str) -> npt.NDArray[np.intp]:
    if not isinstance(radius, int) or not 0 <= radius <= _MOST_RADIUS:
        raise InvalidValue(
            f"{who}: radius must be a whole number from 0 to {_MOST_RADIUS} px; got {radius!r}"
        )
    grid: npt.NDArray[np.intp] = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return grid


def _mean(inside: npt.NDArray[np.bool_]) -> Kernel:
    return Kernel(inside / np.count_nonzero(inside))
