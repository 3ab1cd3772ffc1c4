"""Arrays that lie in cells (tiles, chunks, packed strips): put together and taken apart."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from imgkernels.streams.kept import Kept
from imgkernels.tiles import Region
from imgkernels.values import Array

Index = tuple[int, ...]


@dataclass(frozen=True)
class Grid:
    """An array cut into cells of one size; those at its ends are cut off there."""

    shape: tuple[int, ...]
    cell: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many cells there are along each axis."""
        return tuple(-(-n // size) for n, size in zip(self.shape, self.cell, strict=True))

    def region(self, index: Index) -> Region:
        """Return what a cell covers of the array."""
        corners = zip(index, self.cell, self.shape, strict=True)
        return tuple(slice(i * size, min((i + 1) * size, n)) for i, size, n in corners)

    def full(self, region: Region) -> Region:
        """Return a region of space as one of all axes."""
        return (*region, *(slice(0, n) for n in self.shape[len(region) :]))

    def touched(self, region: Region) -> Iterator[tuple[Index, Region, Region]]:
        """Return the cells that a region touches, and what they share: in the region, in the cell.

        `region` is of all axes.
        """
        axes = (
            range(span.start // size, -(-span.stop // size))
            for span, size in zip(region, self.cell, strict=True)
        )
        for index in itertools.product(*axes):
            shared = [
                (max(span.start, have.start), min(span.stop, have.stop), span.start, have.start)
                for span, have in zip(region, self.region(index), strict=True)
            ]
            here = tuple(slice(low - start, high - start) for low, high, start, _ in shared)
            there = tuple(slice(low - start, high - start) for low, high, _, start in shared)
            yield index, here, there


@dataclass(frozen=True)
class Loaded:
    """A source that lies in cells, each unpacked once while its neighbours are read."""

    grid: Grid
    dtype: np.dtype[np.generic]
    load: Callable[[Index], Array]
    kept: Kept = field(default_factory=Kept)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return self.grid.shape

    def read(self, region: Region) -> Array:
        """Put a region together from its cells."""
        full = self.grid.full(region)
        block = np.empty([span.stop - span.start for span in full], self.dtype)
        for index, here, there in self.grid.touched(full):
            cell = self.kept.get((id(self), index), functools.partial(self.load, index))
            block[here] = cell[there]
        return block


@dataclass
class Gathered:
    """A sink that hands on whole cells, each once, as soon as all of it has come."""

    grid: Grid
    dtype: np.dtype[np.generic]
    emit: Callable[[Index, Array], None]
    _open: dict[Index, tuple[Array, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, region: Region, block: Array) -> None:
        """Put a block into the cells it touches; hand on those that are whole now."""
        for index, here, there in self.grid.touched(self.grid.full(region)):
            part = block[here]
            cell = self._put(index, there, part)
            if cell is not None:
                self.emit(index, cell)

    def _put(self, index: Index, there: Region, part: Array) -> Array | None:
        """Put a part into its cell; return the cell if nothing is missing any more."""
        size = [span.stop - span.start for span in self.grid.region(index)]
        if part.shape == tuple(size):
            return part
        with self._lock:
            cell, come = self._open.pop(index, (None, 0))
            cell = np.empty(size, self.dtype) if cell is None else cell
            cell[there] = part
            come += part.size
            if come < cell.size:
                self._open[index] = cell, come
                return None
        return cell
