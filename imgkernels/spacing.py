"""The size of pixels: how far apart their middles lie along each axis, in the user's unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real

from imgkernels.errors import InvalidValue
from imgkernels.kernels.rules import AXIS_NAMES
from imgkernels.values import as_float

Spacing = float | Sequence[float] | str


def parse_spacing(spacing: Spacing, ndim: int) -> tuple[float, ...] | None:
    """Read a spacing: one number for all axes, or one for each (z, y, x), as numbers or as text.

    Pixels of size 1 are what lengths in pixels mean, so a spacing of ones is none.

    >>> parse_spacing("2.5, 0.7, 0.7", 3)
    (2.5, 0.7, 0.7)
    """
    found = _numbers(spacing)
    if len(found) == 1:
        found = found * ndim
    if len(found) != ndim or not all(math.isfinite(step) and step > 0 for step in found):
        axes = ", ".join(AXIS_NAMES[-ndim:])
        raise InvalidValue(
            f"spacing must be a number > 0, or one for each of {axes}; got {spacing!r}"
        )
    return None if all(step == 1 for step in found) else found


def _numbers(spacing: Spacing) -> tuple[float, ...]:
    """Return the numbers there are; NaN for what is none."""
    parts: Sequence[object] = (spacing,)
    if isinstance(spacing, str):
        parts = spacing.split(",")
    elif not isinstance(spacing, Real):
        try:
            parts = tuple(spacing)  # type: ignore[arg-type]
        except TypeError:
            parts = (None,)
    return tuple(map(_number, parts))


def _number(part: object) -> float:
    try:
        return float(part) if isinstance(part, str) else as_float(part)
    except ValueError:
        return math.nan
