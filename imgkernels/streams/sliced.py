"""Arrays of other libraries: whatever has a shape, a dtype, and is read and written by slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.streams.cells import Gathered, Grid, Index
from imgkernels.tiles import Region, Sink
from imgkernels.values import Array, supported_dtype


@dataclass(frozen=True, eq=False)
class Sliced:
    """An array of zarr or HDF5, or a memory map, as a source."""

    array: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """That of the array, in native order."""
        return supported_dtype(self.array.dtype, "source")

    def read(self, region: Region) -> Array:
        """Read a slice."""
        return np.ascontiguousarray(self.array[region], self.dtype)


def sink(array: Any) -> Sink:
    """Return an array as a sink; where it lies in chunks, each is written once, as a whole."""
    grid = Grid(tuple(array.shape), tuple(getattr(array, "chunks", None) or array.shape))
    if grid.cell == grid.shape:
        return _Written(array)

    def emit(index: Index, cell: Array) -> None:
        array[grid.region(index)] = cell

    return Gathered(grid, np.dtype(array.dtype), emit)


@dataclass(frozen=True, eq=False)
class _Written:
    array: Any

    def write(self, region: Region, block: Array) -> None:
        self.array[region] = block
