"""The grid of tiles, and what must be read around one of them: arithmetic on regions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from imgkernels.values import Array

Region = tuple[slice, ...]  # of space, in coordinates of the whole image; start and stop are given
Halo = tuple[int, ...]  # pixels on both sides of each axis

# Measured on 8 Mpx: values of a tile that stay in cache with what is computed from them.
BUDGET = 1 << 19
# A strip of so many halos computes an eighth in vain, a half at worst, where it would be too large.
_SPARE, _LEAST_SPARE = 16, 4
_MOST = 1 << 22
# Values that are read for a tile, at most: in 3-D up to 40 bytes of memory come with each.
_LARGEST = 1 << 23


def tiles_of(space: tuple[int, ...], tile: tuple[int, ...]) -> tuple[Region, ...]:
    """Cut an image into tiles of a size, the last along each axis as large as what is left.

    >>> tiles_of((5,), (2,))
    ((slice(0, 2, None),), (slice(2, 4, None),), (slice(4, 5, None),))
    """
    axes = (
        [slice(start, min(start + size, n)) for start in range(0, n, size)]
        for n, size in zip(space, tile, strict=True)
    )
    return tuple(itertools.product(*axes))


def count_of(space: tuple[int, ...], tile: tuple[int, ...]) -> int:
    """Return how many tiles of a size there are."""
    return math.prod(-(-n // size) for n, size in zip(space, tile, strict=True))


def tile_for(
    space: tuple[int, ...], channels: int, halo: Halo, values: int = BUDGET
) -> tuple[int, ...]:
    """Return the size of tile that suits an image: a strip over all axes but the first.

    It holds about so many values, more where the halo is wide. A strip that would be large, of a
    volume or of a very wide image, is cut along its other axes too. It depends on the image and
    the steps alone, so that the answer never depends on the machine.
    """
    channels = max(1, channels)
    row = max(1, math.prod(space[1:]) * channels)
    wide = max(min(_SPARE * halo[0], _MOST // row), _LEAST_SPARE * halo[0])
    rows = max(1, values // row, wide)
    strips = max(1, math.ceil(space[0] / rows))
    strips += strips % 2 if strips > 1 else 0  # two cores are done at the same time
    strip = [max(1, math.ceil(space[0] / strips)), *(max(1, n) for n in space[1:])]
    for axis in range(1, len(strip)):
        read = [n + 2 * around for n, around in zip(strip, halo, strict=True)]
        fit = _LARGEST * read[axis] // (math.prod(read) * channels) - 2 * halo[axis]
        fit = max(1, fit, _LEAST_SPARE * halo[axis])
        strip[axis] = math.ceil(strip[axis] / math.ceil(strip[axis] / fit))
    return tuple(strip)


def whole(space: tuple[int, ...]) -> Region:
    """Return the region of a whole image."""
    return tuple(slice(0, n) for n in space)


def grown(region: Region, halo: Halo, space: tuple[int, ...], wraps: bool) -> Region:
    """Return what must be read for a region: the halo around it, cut at the image's edges.

    Where the image wraps it goes on beyond them instead, unless that is the whole axis.
    """
    return tuple(
        _grown(span, n, size, wraps) for span, n, size in zip(region, halo, space, strict=True)
    )


def _grown(span: slice, halo: int, size: int, wraps: bool) -> slice:
    start, stop = span.start - halo, span.stop + halo
    if wraps:
        return slice(start, stop) if stop - start < size else slice(0, size)
    return slice(max(0, start), min(size, stop))


def cut(x: Array, have: Region, want: Region) -> Array:
    """Return the part of a block that is wanted; a view, but where an axis is there as a whole."""
    for axis, (there, span) in enumerate(zip(have, want, strict=True)):
        start, stop = span.start - there.start, span.stop - there.start
        if start >= 0 and stop <= x.shape[axis]:
            x = x[(slice(None),) * axis + (slice(start, stop),)]
        else:
            x = x.take(np.arange(start, stop) % x.shape[axis], axis)
    return x


def pieces(region: Region, space: tuple[int, ...]) -> Iterator[tuple[Region, Region]]:
    """Part a region that goes on beyond the edges: what to read, and where in the block it goes."""
    axes = (list(_spans(span, n)) for span, n in zip(region, space, strict=True))
    for parts in itertools.product(*axes):
        yield tuple(part for part, _ in parts), tuple(place for _, place in parts)


def _spans(span: slice, size: int) -> Iterator[tuple[slice, slice]]:
    start = span.start
    while start < span.stop:
        low = start % size
        stop = min(span.stop, start - low + size)
        place = slice(start - span.start, stop - span.start)
        yield slice(low, low + stop - start), place
        start = stop


def shape_of(region: Sequence[slice]) -> tuple[int, ...]:
    """Return the size of a region along each axis."""
    return tuple(span.stop - span.start for span in region)
