"""TIFF written part by part: strips, or tiles above 4 GiB; unpacked, or in Deflate."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from io import FileIO

import numpy as np

from imgkernels.files import tiff_encode, tiff_layout as layout, tiff_page as tag
from imgkernels.files.tiff_layout import Tags
from imgkernels.image import Image
from imgkernels.streams.at import bytes_of, write_at
from imgkernels.streams.cells import Gathered, Grid, Index
from imgkernels.tiles import Region
from imgkernels.values import Array

_STRIP = 1 << 18  # bytes of a strip: what other programs write, and read at once
_TILE = 512


@dataclass(frozen=True)
class Pages:
    """The pages of a TIFF as cells `(page, row, column)`: all of one kind, each of such cells."""

    image: Image
    packed: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """Pages, rows, columns, and channels if there are any."""
        shape = self.image.pixels.shape
        return shape if self.image.axes.startswith("z") else (1, *shape)

    @property
    def nbytes(self) -> int:
        """How many bytes the pixels take."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The dtype as it is written."""
        return self.image.pixels.dtype.newbyteorder("<")

    @property
    def big(self) -> bool:
        """Whether places need 8 bytes; a little room is left for what packing makes larger."""
        return self.nbytes > layout.CLASSIC - (1 << 26)

    @property
    def grid(self) -> Grid:
        """The strips, or tiles where a picture is large."""
        _, height, width, *rest = self.shape
        if self.big:
            return Grid(self.shape, (1, _TILE, _TILE, *rest))
        row = width * math.prod(rest) * self.dtype.itemsize
        rows = 2 * max(1, _STRIP // (2 * row))  # even: strips then follow each other without gaps
        return Grid(self.shape, (1, min(rows, height), width, *rest))

    @property
    def cell(self) -> int:
        """How many bytes a whole cell takes, unpacked."""
        return math.prod(self.grid.cell) * self.dtype.itemsize

    def sizes(self) -> list[int]:
        """Return how many bytes the cells of a page take; tiles are filled up at the edges."""
        if self.big:
            return [self.cell] * math.prod(self.grid.counts[1:])
        _, strips, *_ = self.grid.counts
        page = self.nbytes // self.shape[0]
        return [self.cell] * (strips - 1) + [page - (strips - 1) * self.cell]

    def tags(self) -> Tags:
        """Return what every page says of itself, but where its cells lie."""
        plane = self.image.pixels[0] if self.image.axes.startswith("z") else self.image.pixels
        tags = tiff_encode.tags_of(self.image, plane)
        if self.big:
            del tags[tag.ROWS_PER_STRIP]
            tags |= {tag.TILE_WIDTH: layout.long(_TILE), tag.TILE_HEIGHT: layout.long(_TILE)}
        else:
            tags[tag.ROWS_PER_STRIP] = layout.long(self.grid.cell[1])
        return tags | tiff_encode.packed_tags(self.dtype) if self.packed else tags

    def number(self, index: Index) -> int:
        """Return the place of a cell in the order of the file, over all pages."""
        _, down, across, *_ = self.grid.counts
        page, row, column, *_ = index
        return (page * down + row) * across + column

    def bytes_of(self, cell: Array) -> memoryview:
        """Return a cell as it is written, a tile filled up with zeros."""
        x = np.ascontiguousarray(cell, self.dtype)
        if self.big and x.shape != self.grid.cell:
            full = np.zeros(self.grid.cell, self.dtype)
            full[tuple(map(slice, x.shape))] = x
            x = full
        return bytes_of(x)


@dataclass
class Plain:
    """A sink whose cells have their places from the start."""

    file: FileIO
    pages: Pages
    starts: list[int]

    def emit(self, index: Index, cell: Array) -> None:
        """Write a cell to its place."""
        write_at(self.file, self.starts[self.pages.number(index)], self.pages.bytes_of(cell))


@dataclass
class Packed:
    """A sink whose cells are packed and appended, in their order whoever was first."""

    file: FileIO
    pages: Pages
    places: list[tuple[int, int]] = field(default_factory=list)
    _end: int = 16
    _waiting: dict[int, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def emit(self, index: Index, cell: Array) -> None:
        """Pack a cell; write it and those that waited for it."""
        packed = self._packed(cell)
        with self._lock:
            self._waiting[self.pages.number(index)] = packed
            while (data := self._waiting.pop(len(self.places), None)) is not None:
                write_at(self.file, self._end, data)
                self.places.append((self._end, len(data)))
                self._end += len(data) + len(data) % 2

    def finish(self) -> None:
        """Write the directories behind the pixels."""
        big, tags, page = self.pages.big, self.pages.tags(), self.pages.shape[0]
        each = len(self.places) // page
        write_at(self.file, 0, layout.head(self._end, big))
        for number in range(page):
            starts, sizes = zip(*self.places[number * each : (number + 1) * each], strict=True)
            placed = layout.placed(tags, list(starts), list(sizes), big)
            size = len(layout.directory(placed, self._end, 0, big))
            after = self._end + size if number + 1 < page else 0
            write_at(self.file, self._end, layout.directory(placed, self._end, after, big))
            self._end += size

    def _packed(self, cell: Array) -> bytes:
        x = np.frombuffer(self.pages.bytes_of(cell), self.pages.dtype)
        shape = (-1, self.pages.grid.cell[2], math.prod(self.pages.shape[3:]))
        return tiff_encode.deflated(x.reshape(shape))


@dataclass
class TiffSink:
    """A sink into a TIFF; `finish` makes it whole."""

    pages: Pages
    into: Plain | Packed
    gathered: Gathered

    @classmethod
    def of(cls, file: FileIO, image: Image, *, packed: bool = False) -> TiffSink:
        """Begin a file for pictures like this one, whose pixels are not looked at."""
        pages = Pages(image, packed)
        into = Packed(file, pages) if packed else _plain(file, pages)
        return cls(pages, into, Gathered(pages.grid, image.pixels.dtype, into.emit))

    def write(self, region: Region, block: Array) -> None:
        """Write a block, or keep it until the strips and tiles that it touches are whole."""
        region = region if len(region) == 3 else (slice(0, 1), *region)
        sizes = (span.stop - span.start for span in region)
        self.gathered.write(region, block.reshape(*sizes, *self.pages.shape[3:]))

    def finish(self) -> None:
        """Write what can be said only at the end."""
        if isinstance(self.into, Packed):
            self.into.finish()


def _plain(file: FileIO, pages: Pages) -> Plain:
    laid = layout.laid_out([(pages.tags(), pages.sizes())] * pages.shape[0], big=pages.big)
    file.truncate(laid.size)
    for place, head in laid.heads:
        write_at(file, place, head)
    return Plain(file, pages, [start for page in laid.starts for start in page])
