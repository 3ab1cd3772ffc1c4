"""What lies beyond the edge of an image: five rules and one index map."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.errors import unknown

Array = npt.NDArray[Any]


class Border(StrEnum):
    """How an image goes on beyond its edge; reflections and repeats continue as far as asked.

    >>> Border.REFLECT.indices(4, 2, 2).tolist()
    [2, 1, 0, 1, 2, 3, 2, 1]
    """

    CONSTANT = "constant"
    REPLICATE = "replicate"
    SYMMETRIC = "symmetric"
    REFLECT = "reflect"
    WRAP = "wrap"

    @property
    def drawing(self) -> str:
        """The row `a b c d` and what this border puts beside it."""
        left, right = _DRAWINGS[self]
        return f"{left} | a b c d | {right}"

    @classmethod
    def parse(cls, word: str | Border) -> Border:
        """Read one of our words, or another library's with its name: `scipy:mirror`.

        Raises `UnknownName` (a LookupError) for anything else.
        """
        if isinstance(word, Border):
            return word
        text = str(word)
        library, colon, name = text.partition(":")
        if colon:
            table = FOREIGN.get(library.lower())
            if table is None:
                raise unknown("border vocabulary", library, FOREIGN)
            key = name.lower().removeprefix("border_")
            if key not in table:
                raise unknown(f"{library} border", name, table)
            return table[key]
        if text.lower() not in cls._value2member_map_:
            raise unknown("border", text, [border.value for border in cls])
        return cls(text.lower())

    def indices(self, size: int, before: int, after: int) -> npt.NDArray[np.intp]:
        """Map `before + size + after` positions to indices of the row; -1 is the border value.

        `size` must be at least 1 unless the border is constant.
        """
        i = np.arange(-before, size + after)
        match self:
            case Border.CONSTANT:
                return np.where((i >= 0) & (i < size), i, -1)
            case Border.REPLICATE:
                return i.clip(0, size - 1)
            case Border.WRAP:
                return i % size
            case Border.SYMMETRIC:
                i = i % (2 * size)
                return np.minimum(i, 2 * size - 1 - i)
            case Border.REFLECT:
                period = max(2 * size - 2, 1)
                i = i % period
                return np.minimum(i, period - i) if size > 1 else i


_DRAWINGS = {
    Border.CONSTANT: ("k k k", "k k k"),
    Border.REPLICATE: ("a a a", "d d d"),
    Border.SYMMETRIC: ("c b a", "d c b"),
    Border.REFLECT: ("d c b", "c b a"),
    Border.WRAP: ("b c d", "a b c"),
}

# The words of other libraries (row `a b c d` decides, not the word): scipy's "reflect" is our
# symmetric, numpy's is our reflect.
FOREIGN: dict[str, dict[str, Border]] = {
    "numpy": {
        "constant": Border.CONSTANT,
        "edge": Border.REPLICATE,
        "symmetric": Border.SYMMETRIC,
        "reflect": Border.REFLECT,
        "wrap": Border.WRAP,
    },
    "scipy": {
        "constant": Border.CONSTANT,
        "grid-constant": Border.CONSTANT,
        "nearest": Border.REPLICATE,
        "reflect": Border.SYMMETRIC,
        "grid-mirror": Border.SYMMETRIC,
        "mirror": Border.REFLECT,
        "wrap": Border.WRAP,
        "grid-wrap": Border.WRAP,
    },
    "opencv": {
        "constant": Border.CONSTANT,
        "replicate": Border.REPLICATE,
        "reflect": Border.SYMMETRIC,
        "reflect_101": Border.REFLECT,
        "reflect101": Border.REFLECT,
        "default": Border.REFLECT,
        "wrap": Border.WRAP,
    },
    "torch": {
        "zeros": Border.CONSTANT,
        "constant": Border.CONSTANT,
        "replicate": Border.REPLICATE,
        "reflect": Border.REFLECT,
        "circular": Border.WRAP,
    },
    "imagemagick": {
        "background": Border.CONSTANT,
        "edge": Border.REPLICATE,
        "mirror": Border.SYMMETRIC,
        "tile": Border.WRAP,
    },
}
FOREIGN["skimage"] = FOREIGN["scipy"]


def pad(x: Array, widths: Sequence[tuple[int, int]], border: Border, value: float = 0.0) -> Array:
    """Extend `x` by (before, after) samples on each leading axis; later axes stay as they are."""
    widths = [*widths, *[(0, 0)] * (x.ndim - len(widths))]
    shape = [n + before + after for n, (before, after) in zip(x.shape, widths, strict=True)]
    centre = tuple(slice(b, b + n) for n, (b, _) in zip(x.shape, widths, strict=True))
    out = np.full(shape, value, x.dtype) if border is Border.CONSTANT else np.empty(shape, x.dtype)
    out[centre] = x
    if border is Border.CONSTANT:
        return out
    # One axis after the other: each fills its margins from what is already there, so that the
    # corners come from the margins of the axes before.
    for axis, (before, after) in enumerate(widths):
        size = x.shape[axis]
        index = border.indices(size, before, after) + before
        rows = out.swapaxes(0, axis)
        rows[:before] = rows[index[:before]]
        rows[before + size :] = rows[index[before + size :]]
    return out
