"""Means over a shape: diamond, octagon, plus, cross, ring; named small kernels that smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import number
from imgkernels.taps import Taps

_MOST_RADIUS = 100
SQUARE = (1.0, 1.0)
_ROUND = 1 + 1e-9  # of quotients: 3 pixels of side 0.1 do reach 0.3


def diamond(radius: int, *, spacing: Sequence[float] = SQUARE) -> Kernel:
    """Return the mean over the pixels at most `radius` away along the axes together.

    The radius is in pixels, or in the unit of a `spacing` (y, x), as those of all shapes here.

    >>> (diamond(1).taps * 5).tolist()
    [[0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]
    """
    y, x = _grid(_whole(radius, "diamond"), "diamond", spacing)
    return _mean(abs(x) + abs(y) <= radius * _ROUND)


def octagon(radius: int, *, spacing: Sequence[float] = SQUARE) -> Kernel:
    """Return the mean over a square of `radius` with its corners cut to an even octagon.

    They are cut where the distances along both axes add up to the whole number nearest to
    sqrt(2) radius.
    """
    y, x = _grid(_whole(radius, "octagon"), "octagon", spacing)
    return _mean(abs(x) + abs(y) <= round(radius * math.sqrt(2)) * _ROUND)


def plus(radius: int, *, spacing: Sequence[float] = SQUARE) -> Kernel:
    """Return the mean over the row and the column through the middle, each by its length."""
    y, x = _grid(_whole(radius, "plus"), "plus", spacing)
    lengths = np.where(y == 0, spacing[1], 0.0) + np.where(x == 0, spacing[0], 0.0)
    return _mean(np.where((x == 0) & (y == 0), lengths / 2, lengths))


def cross(radius: int, *, spacing: Sequence[float] = SQUARE) -> Kernel:
    """Return the mean over both diagonals through the middle, of pixels of equal sides."""
    if len(set(spacing)) > 1:
        raise InvalidValue(f"cross: needs pixels of equal sides; got spacing {tuple(spacing)!r}")
    y, x = _grid(_whole(radius, "cross"), "cross", spacing)
    return _mean(abs(x) == abs(y))


def ring(inner: float, outer: float, *, spacing: Sequence[float] = SQUARE) -> Kernel:
    """Return the mean over the pixels from `inner` to `outer` px away from the middle."""
    inner, outer = number(inner, "ring", "inner"), number(outer, "ring", "outer")
    if not 0 <= inner <= outer:
        raise InvalidValue(f"ring: must have 0 <= inner <= outer; got {inner:g} and {outer:g}")
    y, x = _grid(outer, "ring", spacing)
    far = x**2 + y**2
    inside = (far * _ROUND >= inner**2) & (far <= outer**2 * _ROUND)
    if not inside.any():
        raise InvalidValue(f"ring: no pixel lies from {inner:g} to {outer:g} px away")
    return _mean(inside)


def _whole(radius: int, who: str) -> int:
    if not isinstance(radius, int):
        raise InvalidValue(f"{who}: radius must be a whole number; got {radius!r}")
    return radius


def _grid(radius: float, who: str, spacing: Sequence[float]) -> Taps:
    """Return how far the pixels within a radius lie from the middle along y and x."""
    reach = [math.floor(radius / step * _ROUND) for step in spacing]
    if not 0 <= min(reach) <= max(reach) <= _MOST_RADIUS:
        raise InvalidValue(f"{who}: radius must be from 0 to {_MOST_RADIUS} px; got {radius:g}")
    rows = (np.arange(-n, n + 1) * step for n, step in zip(reach, spacing, strict=True))
    return np.stack(np.meshgrid(*rows, indexing="ij"))


def _mean(weights: npt.ArrayLike) -> Kernel:
    taps = np.asarray(weights, dtype=np.float64)
    return Kernel(taps / taps.sum())
