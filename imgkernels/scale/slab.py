"""What one task computes: some tiles of the grid that a local run has, from what lies around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels import tiles
from imgkernels.tiles import Recipe, Region
from imgkernels.values import Array


@dataclass(frozen=True, eq=False)
class Part:
    """A region of a picture as a source for the tiles within; it may go on beyond its edges."""

    pixels: Array
    whole: tuple[int, ...]
    have: Region

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the whole picture."""
        return self.whole

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """That of the picture, in native order."""
        return self.pixels.dtype.newbyteorder("=")

    def read(self, region: Region) -> Array:
        """Return what is here of a region; where the picture wraps, counted around it."""
        spans = []
        for span, have, size in zip(region, self.have, self.whole, strict=False):
            start = (span.start - have.start) % size
            spans.append(slice(start, start + span.stop - span.start))
        return np.ascontiguousarray(self.pixels[tuple(spans)], self.dtype)


def slabs(space: tuple[int, ...], tile: tuple[int, ...], size: tuple[int, ...]) -> list[Region]:
    """Return regions of whole tiles, near a size, that cover the picture.

    >>> slabs((10,), (2,), (5,))
    [(slice(0, 4, None),), (slice(4, 8, None),), (slice(8, 10, None),)]
    """
    whole = tuple(max(1, round(n / each)) * each for n, each in zip(size, tile, strict=True))
    return list(tiles.tiles_of(space, whole))


def computed(
    pixels: Array,
    recipe: Recipe,
    shape: tuple[int, ...],
    region: Region,
    have: Region,
    tile: tuple[int, ...],
) -> Array:
    """Return the finished pixels of a region of whole tiles."""
    source = Part(pixels, shape, have)
    sizes = tuple(span.stop - span.start for span in region)
    rest = recipe.shape_of(shape)[len(region) :]
    answer = np.empty((*sizes, *rest), recipe.result)
    for part in tiles.tiles_of(sizes, tile):
        there = tuple(
            slice(span.start + corner.start, span.stop + corner.start)
            for span, corner in zip(part, region, strict=True)
        )
        answer[part] = tiles.finished(source, there, recipe)
    return answer
