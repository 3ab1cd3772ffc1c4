"""Pictures that lie in their file turned or mirrored, read upright part by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.files.orientation import upright
from imgkernels.tiles import Region, Source
from imgkernels.values import Array

_ROWS_MIRRORED, _COLUMNS_MIRRORED, _SWAPPED = (3, 4, 7, 8), (2, 3, 6, 7), (5, 6, 7, 8)


@dataclass(frozen=True)
class Turned:
    """A source brought upright; `orientation` is the value of the tag."""

    source: Source
    orientation: int

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the upright picture."""
        rows, columns, *rest = self.source.shape
        return (columns, rows, *rest) if self.orientation in _SWAPPED else self.source.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """That of the file."""
        return self.source.dtype

    def read(self, region: Region) -> Array:
        """Read what becomes the region, and turn it."""
        rows, columns = region
        rows = _mirrored(rows, self.shape[0]) if self.orientation in _ROWS_MIRRORED else rows
        if self.orientation in _COLUMNS_MIRRORED:
            columns = _mirrored(columns, self.shape[1])
        there = (columns, rows) if self.orientation in _SWAPPED else (rows, columns)
        return upright(self.source.read(there), self.orientation)


def _mirrored(span: slice, size: int) -> slice:
    return slice(size - span.stop, size - span.start)
