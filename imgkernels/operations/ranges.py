"""How a result with negative values is shown in a dtype that has none."""

from __future__ import annotations

from enum import StrEnum

from imgkernels.errors import unknown
from imgkernels.operations.operation import Frame
from imgkernels.operations.point import stretched
from imgkernels.values import Array, Floats, compute_dtype


class Range(StrEnum):
    """What to do with values below black and above white; nothing ever wraps.

    CLIP cuts at black and white, ABS drops the sign first, OFFSET puts 0 at mid-grey, STRETCH maps
    the lowest value to black and the highest to white.
    """

    CLIP = "clip"
    ABS = "abs"
    OFFSET = "offset"
    STRETCH = "stretch"


def present(x: Array, frame: Frame, wanted: Range) -> Array:
    """Bring values into black to white in the way that is wanted; unrounded."""
    y: Floats = x.astype(compute_dtype(x.dtype), copy=False)
    white = y.dtype.type(frame.white)
    match wanted:
        case Range.ABS:
            y = abs(y)
        case Range.OFFSET:
            y = y + white / 2
        case Range.STRETCH:
            y = stretched(y, white)
    return y.clip(0, white)


def parse_range(word: Range | str) -> Range:
    """Read a range by its word; raise `UnknownName` with the near match."""
    if str(word) not in set(Range):
        raise unknown("range", str(word), [r.value for r in Range])
    return Range(word)
