"""An array that lies in a file value after value: .npy, raw volumes, strips without packing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO

import numpy as np

from imgkernels.streams.at import bytes_of, read_into, write_at
from imgkernels.tiles import Region
from imgkernels.values import Array


@dataclass(frozen=True)
class Flat:
    """Values from the byte `start` on, the last axis without gaps; `stored` has their byte order.

    With `fortran` the first axis is the one without gaps.
    """

    file: FileIO
    start: int
    shape: tuple[int, ...]
    stored: np.dtype[np.generic]
    fortran: bool = False

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The dtype in native order."""
        return self.stored.newbyteorder("=")

    @property
    def end(self) -> int:
        """The first byte behind the values."""
        return self.start + math.prod(self.shape) * self.stored.itemsize

    def read(self, region: Region) -> Array:
        """Read a region, run by run."""
        spans = self._spans(region)
        block = np.empty([span.stop - span.start for span in spans], self.stored)
        for place, index in self._runs(spans):
            read_into(self.file, place, bytes_of(block[index]))
        x = block.T if self.fortran else block
        return np.ascontiguousarray(x, self.dtype)

    def write(self, region: Region, block: Array) -> None:
        """Write a region, run by run."""
        spans = self._spans(region)
        whole = block.T if self.fortran else block
        whole = np.ascontiguousarray(whole, self.stored)
        for place, index in self._runs(spans):
            write_at(self.file, place, bytes_of(whole[index]))

    def _spans(self, region: Region) -> Region:
        spans = (*region, *(slice(0, n) for n in self.shape[len(region) :]))
        return spans[::-1] if self.fortran else spans

    def _runs(self, spans: Region) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Where each piece without gaps lies in the file, and its index in the block."""
        shape = self.shape[::-1] if self.fortran else self.shape
        sizes = [span.stop - span.start for span in spans]
        if not math.prod(sizes):
            return
        outer = len(shape)
        while outer and (outer == len(shape) or sizes[outer] == shape[outer]):
            outer -= 1  # the axis may be read in part if those after it are read whole
        steps = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
        for index in np.ndindex(*sizes[:outer]):
            inside = (*index, *([0] * (len(shape) - outer)))
            corner = zip(spans, inside, steps, strict=True)
            value = sum((span.start + i) * step for span, i, step in corner)
            yield self.start + value * self.stored.itemsize, index
