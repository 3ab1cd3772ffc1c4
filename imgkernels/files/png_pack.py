"""The rows of a PNG, filtered and packed strip by strip, on all cores."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imgkernels.cores import in_order
from imgkernels.values import Array

Packing = Literal["fast", "small", "none"]
PACKINGS: tuple[Packing, ...] = ("fast", "small", "none")

_STRIP = 1 << 20  # bytes of rows; a strip more costs five bytes in the file
_HEAD = b"\x78\x01"  # zlib's: its window, and no hurry
_UP = 2
_ADLER = 65_521
_SETTINGS = {
    "none": (0, zlib.Z_DEFAULT_STRATEGY),
    "fast": (1, zlib.Z_RLE),
    "small": (9, zlib.Z_FILTERED),
}


def packed(x: Array, how: Packing = "fast") -> list[bytes]:
    """Return the packed rows of `(rows, columns)` or `(rows, columns, samples)`, in parts.

    "fast": one filter for all rows, and runs only in the packing: as small as OpenCV's, at its
    speed on one core. "small": for each row the filter that leaves least, and zlib's best.
    """
    width = x[:1].nbytes
    rows = max(1, _STRIP // width)
    strips = [_Strip(x, start, min(start + rows, len(x)), how) for start in range(0, len(x), rows)]
    made = list(in_order(_Strip.packed, strips)) if len(strips) > 1 else [strips[0].packed()]
    check = 1
    for strip, (_, own) in zip(strips, made, strict=True):
        check = _joined(check, own, (strip.stop - strip.start) * (width + 1))
    return [_HEAD, *(body for body, _ in made), struct.pack(">I", check)]


@dataclass(frozen=True, eq=False)
class _Strip:
    """Some rows of a picture; filters look at the row above."""

    x: Array
    start: int
    stop: int
    how: Packing

    def packed(self) -> tuple[bytes, int]:
        """Return the rows filtered and packed, and their checksum."""
        rows = self._filtered()
        level, strategy = _SETTINGS[self.how]
        packer = zlib.compressobj(level, wbits=-zlib.MAX_WBITS, strategy=strategy)
        end = zlib.Z_FINISH if self.stop == len(self.x) else zlib.Z_SYNC_FLUSH
        return packer.compress(rows.data) + packer.flush(end), zlib.adler32(rows.data)

    def _filtered(self) -> Array:
        x = self.x[max(0, self.start - 1) : self.stop]
        rows = x.astype(x.dtype.newbyteorder(">"), copy=False).reshape(len(x), -1).view(np.uint8)
        if self.start == 0:  # above the first row lie zeros
            rows = np.concatenate([np.zeros_like(rows[:1]), rows])
        found = np.empty((len(rows) - 1, 1 + rows.shape[1]), np.uint8)
        found[:, 0] = _UP
        np.subtract(rows[1:], rows[:-1], out=found[:, 1:])
        return _least(found, rows, self.x[:1, :1].nbytes) if self.how == "small" else found


def _least(found: Array, rows: Array, step: int) -> Array:
    """Give each row the filter whose differences are the least (PNG, 12.7)."""
    here, above = rows[1:], rows[:-1]
    left, corner = np.zeros_like(here), np.zeros_like(here)
    left[:, step:], corner[:, step:] = here[:, :-step], above[:, :-step]
    mean = ((left.astype(np.uint16) + above) >> 1).astype(np.uint8)
    ways = {0: here, 1: here - left, 3: here - mean, 4: here - _paeth(left, above, corner)}
    best = _size(found[:, 1:])
    for number, way in ways.items():
        size = _size(way)
        better = size < best
        found[better, 0], found[better, 1:], best[better] = number, way[better], size[better]
    return found


def _paeth(left: Array, above: Array, corner: Array) -> Array:
    """Return of three neighbours the one nearest to left + above - corner (PNG, 9.4)."""
    a, b, c = (part.astype(np.int16) for part in (left, above, corner))
    by_left, by_above, by_corner = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    second = np.where(by_above <= by_corner, above, corner)
    nearest: Array = np.where((by_left <= by_above) & (by_left <= by_corner), left, second)
    return nearest


def _size(way: Array) -> Array:
    """Return for each row the sum of its differences as signed numbers, without their signs."""
    total: Array = np.minimum(way, -way).sum(axis=1, dtype=np.int64)
    return total


def _joined(first: int, second: int, size: int) -> int:
    """Return the Adler-32 of two pieces, the second so many bytes long (zlib, adler32.c)."""
    low = ((first & 0xFFFF) + (second & 0xFFFF) - 1) % _ADLER
    high = (size * (first & 0xFFFF) + (first >> 16) + (second >> 16) - size) % _ADLER
    return high << 16 | low
