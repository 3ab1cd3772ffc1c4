"""Rules that makers share: sizes, sigmas, axes; each with its one error message."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TypeVar

from imgkernels.errors import InvalidValue

T = TypeVar("T")

MOST_KSIZE = 4097
MOST_SIGMA = 500.0
LEAST_SIGMA = 0.01  # below it every neighbour's weight is less than the smallest float

AXIS_NAMES = "zyx"


def odd(ksize: object, who: str, most: int = MOST_KSIZE) -> int:
    """Return a window size that has a middle; raise `InvalidValue` for any other."""
    if not isinstance(ksize, Integral) or not 1 <= int(ksize) <= most or int(ksize) % 2 == 0:
        raise InvalidValue(f"{who}: ksize must be odd, from 1 to {most} taps; got {ksize!r}")
    return int(ksize)


def window(size: object, who: str, most: int = MOST_KSIZE) -> int:
    """Return a window size, odd or even; raise `InvalidValue` for anything else."""
    if not isinstance(size, Integral) or not 1 <= int(size) <= most:
        raise InvalidValue(
            f"{who}: size must be a whole number from 1 to {most} taps; got {size!r}"
        )
    return int(size)


def number(value: object, who: str, name: str) -> float:
    """Return a finite float; raise `InvalidValue` for strings, NaN and infinity."""
    if not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidValue(f"{who}: {name} must be a finite number; got {value!r}")
    return float(value)


def positive(value: object, who: str, name: str, most: float = MOST_SIGMA) -> float:
    """Return a float in the range of a sigma in pixels; raise `InvalidValue` for others."""
    found = number(value, who, name)
    if not LEAST_SIGMA <= found <= most:
        raise InvalidValue(
            f"{who}: {name} must be from {LEAST_SIGMA:g} to {most:g} px; got {value!r}"
        )
    return found


def per_axis(value: T | Sequence[T], ndim: int, who: str, name: str) -> tuple[T, ...]:
    """Return one value for each axis: the same for all, or a sequence in the order z, y, x."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return (value,) * ndim
    if len(value) != ndim:
        raise InvalidValue(
            f"{who}: {name} must be one value, or one for each of {ndim} axes; got {value!r}"
        )
    return tuple(value)


def axis_index(axis: str | int, ndim: int, who: str) -> int:
    """Return the index of an axis named "x", "y", "z", or numbered as in numpy.

    >>> axis_index("x", 2, "sobel"), axis_index(-1, 3, "sobel")
    (1, 2)
    """
    if not 1 <= ndim <= 3:
        raise InvalidValue(f"{who}: ndim must be 1, 2 or 3; got {ndim!r}")
    names = tuple(AXIS_NAMES[-ndim:])
    if axis in names:
        return names.index(str(axis))
    if isinstance(axis, Integral) and -ndim <= axis < ndim:
        return int(axis) % ndim
    raise InvalidValue(f"{who}: axis must be one of {', '.join(names)}; got {axis!r}")


def direction(angle: float, who: str, name: str) -> tuple[float, float]:
    """Return the step (x, y) of a direction in degrees, counter-clockwise as seen; y points down.

    Multiples of 90 degrees stay on the grid: cos(90 degrees) is not quite 0 in floats.
    """
    turn = math.radians(number(angle, who, name))
    return round(math.cos(turn), 12), round(-math.sin(turn), 12)


def ray(angle: float, who: str, name: str, spacing: Sequence[float]) -> tuple[float, float, float]:
    """Return a direction among pixels whose sides are a spacing (y, x), and pixels per length."""
    dx, dy = direction(angle, who, name)
    x, y = dx / spacing[1], dy / spacing[0]
    dense = math.hypot(x, y) / math.hypot(dx, dy)
    return x / dense, y / dense, dense
