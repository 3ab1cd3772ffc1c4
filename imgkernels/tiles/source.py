"""Where tiles are read from and written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from imgkernels.tiles.grid import Region
from imgkernels.values import Array


class Source(Protocol):
    """A picture that is read piece by piece, by several threads at once."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Space, and channels where it has an axis of them, as in `Image.pixels`."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels, in native order."""

    def read(self, region: Region) -> Array:
        """Return the pixels of a region within the picture, C-contiguous; they are not written."""


class Sink(Protocol):
    """What takes finished tiles, each once, in any order, from several threads."""

    def write(self, region: Region, block: Array) -> None:
        """Take the pixels of a region; the block is the sink's to keep."""


@dataclass(frozen=True, eq=False)
class Held:
    """An array as a source: one in memory, or a memory map."""

    pixels: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return self.pixels.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the array, in native order."""
        return self.pixels.dtype.newbyteorder("=")

    def read(self, region: Region) -> Array:
        """Return a view, or a copy where the layout asks for one."""
        return np.ascontiguousarray(self.pixels[region], self.dtype)


@dataclass(frozen=True, eq=False)
class Filled:
    """An array as a sink."""

    pixels: Array

    def write(self, region: Region, block: Array) -> None:
        """Copy the block to its place."""
        self.pixels[region] = block
