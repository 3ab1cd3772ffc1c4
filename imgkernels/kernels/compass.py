"""Masks turned to eight directions, and the nine masks of Frei and Chen."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from imgkernels.errors import InvalidValue, unknown
from imgkernels.kernel import Kernel

Direction = Literal["E", "NE", "N", "NW", "W", "SW", "S", "SE"]

# Counter-clockwise from the right, as seen: where the image gets brighter.
DIRECTIONS: tuple[Direction, ...] = ("E", "NE", "N", "NW", "W", "SW", "S", "SE")

# The eight cells around the middle, counter-clockwise from the right (row, column).
_RING = ((1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (2, 0), (2, 1), (2, 2))

ROOT = math.sqrt(2)


def kirsch(direction: Direction = "E") -> Kernel:
    """Return Kirsch's mask for edges that get brighter in a direction: three 5, five -3.

    Source: Kirsch, Computer determination of the constituent structure of biological images, 1971.

    >>> kirsch("E").taps.tolist()
    [[-3.0, -3.0, 5.0], [-3.0, 0.0, 5.0], [-3.0, -3.0, 5.0]]
    """
    return _turned((5, 5, -3, -3, -3, -3, -3, 5), 0, direction)


def robinson(direction: Direction = "E") -> Kernel:
    """Return Robinson's mask: Sobel's, turned in steps of 45 degrees.

    Source: Robinson, Edge detection by compass gradient masks, 1977.
    """
    return _turned((2, 1, 0, -1, -2, -1, 0, 1), 0, direction)


def prewitt_compass(direction: Direction = "E") -> Kernel:
    """Return Prewitt's compass mask: five 1, three -1 and a middle of -2.

    Source: Prewitt, Object enhancement and extraction, 1970.
    """
    return _turned((1, 1, 1, -1, -1, -1, 1, 1), -2, direction)


def rotation_invariant(axis: Literal["x", "y"] = "x") -> Kernel:
    """Return the 3 x 3 derivative that weighs 1, sqrt 2, 1 across; gain 1.

    The corners are (2 - sqrt 2) / 4, the sides (sqrt 2 - 1) / 2, so that neighbours count by how
    near they are. Source: G'MIC's "rotation invariant" gradient; Frei and Chen's second mask
    without its scale.
    """
    corner, side = (2 - ROOT) / 4, (ROOT - 1) / 2
    if axis not in ("x", "y"):
        raise InvalidValue(f"rotation_invariant: axis must be x or y; got {axis!r}")
    rows = ((corner, side, corner), (-1, 0, 1))
    return Kernel.from_factors(*(rows if axis == "x" else rows[::-1]))


def frei_chen(number: int) -> Kernel:
    """Return one of Frei and Chen's nine masks, an orthonormal basis of all 3 x 3 windows.

    1 to 4 span edges, 5 to 8 lines (5 and 6) and Laplacians (7 and 8), 9 is the mean.
    Source: Frei and Chen, Fast boundary detection: a generalization and a new algorithm, 1977.
    """
    if number not in range(1, 10):
        raise InvalidValue(f"frei_chen: number must be from 1 to 9; got {number!r}")
    rows, scale = _FREI_CHEN[number - 1]
    return Kernel(np.array(rows) / scale)


# fmt: off
_FREI_CHEN = (
    (((1, ROOT, 1), (0, 0, 0), (-1, -ROOT, -1)), 2 * ROOT),
    (((1, 0, -1), (ROOT, 0, -ROOT), (1, 0, -1)), 2 * ROOT),
    (((0, -1, ROOT), (1, 0, -1), (-ROOT, 1, 0)), 2 * ROOT),
    (((ROOT, -1, 0), (-1, 0, 1), (0, 1, -ROOT)), 2 * ROOT),
    (((0, 1, 0), (-1, 0, -1), (0, 1, 0)), 2),
    (((-1, 0, 1), (0, 0, 0), (1, 0, -1)), 2),
    (((1, -2, 1), (-2, 4, -2), (1, -2, 1)), 6),
    (((-2, 1, -2), (1, 4, 1), (-2, 1, -2)), 6),
    (((1, 1, 1), (1, 1, 1), (1, 1, 1)), 3),
)
# fmt: on


def _turned(east: tuple[float, ...], middle: float, direction: Direction) -> Kernel:
    """Lay the ring of the mask for east around the middle, turned to a direction."""
    if direction not in DIRECTIONS:
        raise unknown("direction", str(direction), DIRECTIONS)
    taps = np.full((3, 3), float(middle))
    for place, tap in enumerate(east):
        taps[_RING[(place + DIRECTIONS.index(direction)) % 8]] = tap
    return Kernel(taps)
