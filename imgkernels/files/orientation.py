"""Which way up: the orientation tag of EXIF, TIFF and XMP, and turning pixels by it."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.values import Array

TAG = 274
_XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')

# What brings the pixels upright, by the value of the tag (TIFF 6.0, Orientation); 1 is upright.
_TURNS: dict[int, Callable[[Array], Array]] = {
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: x.swapaxes(0, 1)[:, ::-1],
    7: lambda x: x.swapaxes(0, 1)[::-1, ::-1],
    8: lambda x: x.swapaxes(0, 1)[::-1],
}


def orientation_of(exif: bytes | None, xmp: bytes | None = None) -> int:
    """Return 1 to 8: what EXIF says, else XMP, else 1; metadata that is broken says nothing."""
    said = 0
    if exif:
        from imgkernels.files import tiff_tags

        try:
            directory = tiff_tags.first_directory(exif.removeprefix(b"Exif\0\0"))
            said = directory.integer(TAG, 0)
        except (FileProblem, ValueError, OverflowError, struct.error):
            said = 0
    if not said and xmp and (match := _XMP.search(xmp)):
        said = int(match[1])
    return said if said in _TURNS else 1


def upright(pixels: Array, orientation: int) -> Array:
    """Turn and mirror the two leading axes.

    >>> upright(np.array([[1, 2], [3, 4]]), 6).tolist()
    [[3, 1], [4, 2]]
    """
    turn = _TURNS.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))
