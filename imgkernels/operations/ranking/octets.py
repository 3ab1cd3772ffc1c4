"""Medians of large windows on any dtype through OpenCV's median of bytes, which is quick and exact.

A median commutes with every map that keeps order. So the values of a tile are numbered in order;
one median of bytes tells in which 254th of the numbers each answer lies, and one more for each
stretch of 254 numbers in which answers lie tells which it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from imgkernels import opencv
from imgkernels.values import Array

Numbers = npt.NDArray[np.intp]

_BYTE = 254  # numbers that a byte tells apart, with one value for all below and one for all above
_TILE = 32  # answers a side that a tile has at least: smaller ones are all margin
LARGEST = 191  # a side of the window: with it a tile has no more than 254 * 254 values


def medians(whole: Array, size: int) -> Array:
    """Return the medians of the square windows of `(H, W, C)` that lie inside it, `size` odd."""
    height, width = (n - size + 1 for n in whole.shape[:2])
    out: Array = np.empty((height, width, whole.shape[2]), whole.dtype)
    side = min(max(_TILE, 2 * size), _BYTE - size + 1)
    for c in range(whole.shape[2]):
        for y in range(0, height, side):
            for x in range(0, width, side):
                tile = whole[y : y + side + size - 1, x : x + side + size - 1, c]
                out[y : y + side, x : x + side, c] = _tile(tile, size)
    return out


def _tile(tile: Array, size: int) -> Array:
    values, numbers = np.unique(tile, return_inverse=True)
    numbers = numbers.reshape(tile.shape)
    cell = -(-values.size // _BYTE)
    cells = _median_of(numbers // cell, size)
    found = cells.astype(np.intp) * cell
    if cell > 1:
        _refine(found, numbers, size, cell)
    answers: Array = values[found]
    return answers


def _refine(found: Numbers, numbers: Numbers, size: int, cell: int) -> None:
    """Replace the first number of each answer's cell by the answer's own."""
    stretches = _stretches(np.unique(found), _BYTE // cell * cell)
    of_each = stretches[np.searchsorted(stretches, found, side="right") - 1]
    for first in stretches:
        mine = of_each == first
        rows, columns = (_extent(mine.any(axis=axis)) for axis in (1, 0))
        near = numbers[rows.start : rows.stop + size - 1, columns.start : columns.stop + size - 1]
        told = _median_of((near - (first - 1)).clip(0, _BYTE + 1), size)
        found[rows, columns] = np.where(
            mine[rows, columns], told.astype(np.intp) + (first - 1), found[rows, columns]
        )


def _stretches(starts: Numbers, reach: int) -> Numbers:
    """Return where stretches begin that cover the cells which start at some numbers."""
    firsts = [int(starts[0])]
    for start in starts.tolist():
        if start >= firsts[-1] + reach:
            firsts.append(start)
    return np.array(firsts)


def _extent(row: npt.NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(row)
    return slice(int(places[0]), int(places[-1]) + 1)


def _median_of(numbers: Numbers, size: int) -> npt.NDArray[np.uint8]:
    half = size // 2
    blurred = opencv.require().medianBlur(numbers.astype(np.uint8), size)
    rows, columns = (slice(half, n - half) for n in blurred.shape)
    inside: npt.NDArray[np.uint8] = blurred[rows, columns]
    return inside
