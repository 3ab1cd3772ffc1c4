"""How a result with negative values is shown in a dtype that has none."""

from __future__ import annotations

from enum import StrEnum

from imgkernels.choices import chosen
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


def mapped(x: Array, frame: Frame, wanted: Range) -> Floats:
    """Bring negative values to light in the way that is wanted; nothing is clipped yet."""
    y: Floats = x.astype(compute_dtype(x.dtype), copy=False)
    white = y.dtype.type(frame.white)
    match wanted:
        case Range.ABS:
            y = abs(y)
        case Range.OFFSET:
            y = y + white / 2
        case Range.STRETCH:
            y = stretched(y, white)
    return y


def parse_range(word: Range | str) -> Range:
    """Read a range by its word; raise `UnknownName` with the near match."""
    return chosen(Range, word, "range")
