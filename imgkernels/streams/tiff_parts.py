"""Parts of a page of a TIFF: rows of strips that are not packed, and packed strips or tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import FileIO

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import tiff_pixels
from imgkernels.files.tiff_page import Page
from imgkernels.files.tiff_plain import Meaning
from imgkernels.streams.at import Bytes, read_at, read_into
from imgkernels.streams.cells import Index
from imgkernels.tiles import Region
from imgkernels.values import Array


@dataclass(frozen=True)
class Parts:
    """Where the segments of a page lie in its file, `(planes, segments)`, and what they mean."""

    file: FileIO
    page: Page
    meaning: Meaning
    offsets: Array
    counts: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, and channels if there are any."""
        kept = self.meaning.kept
        return (self.page.height, self.page.width, *((kept,) if kept > 1 else ()))

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The native dtype of a sample."""
        assert self.page.dtype is not None  # plain pages have one
        return self.page.dtype

    @property
    def samples(self) -> int:
        """How many samples of a pixel lie together."""
        return 1 if self.page.planar else self.page.samples

    @property
    def row_bytes(self) -> int:
        """How many bytes a row of a segment takes, unpacked."""
        return -(-self.page.segment[1] * self.samples * self.page.bits // 8)

    def pixels(self, page: Page, planes: Sequence[Bytes]) -> Array:
        """Return the pixels of one segment, laid out like `page`, of each plane."""
        kept = self.meaning.kept
        if page.planar:
            x = np.dstack([tiff_pixels.plane(page, [part], 1) for part in planes])
        else:
            x = tiff_pixels.plane(page, [planes[0]], page.samples)[..., :kept]
        return self.meaning.pixels(x)


@dataclass(frozen=True)
class Rows:
    """A source of strips that are not packed: any of their rows can be read alone."""

    parts: Parts

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, and channels if there are any."""
        return self.parts.shape

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The native dtype of a sample."""
        return self.parts.dtype

    def read(self, region: Region) -> Array:
        """Read whole rows, and take the columns out of them."""
        rows, columns = region
        height = rows.stop - rows.start
        if not height:
            return np.empty((0, columns.stop - columns.start, *self.shape[2:]), self.dtype)
        page = self.parts.page
        page = replace(page, height=height, segment=(height, page.width))
        planes = [self._rows(rows, offsets) for offsets in self.parts.offsets]
        return np.ascontiguousarray(self.parts.pixels(page, planes)[:, columns])

    def _rows(self, rows: slice, offsets: Array) -> bytearray:
        """Return the bytes of some rows of one plane, read from one strip after the other."""
        wide, tall = self.parts.row_bytes, self.parts.page.segment[0]
        found = bytearray((rows.stop - rows.start) * wide)
        view, row = memoryview(found), rows.start
        while row < rows.stop:
            strip, inside = divmod(row, tall)
            count = min(tall - inside, rows.stop - row)
            read_into(self.parts.file, int(offsets[strip]) + inside * wide, view[: count * wide])
            view, row = view[count * wide :], row + count
        return found


@dataclass(frozen=True)
class Segments:
    """Strips or tiles, each fetched and unpacked as a whole."""

    parts: Parts

    def load(self, index: Index) -> Array:
        """Return the pixels of one segment, cut off at the page's edges."""
        page = self.parts.page
        (rows, columns), (down, across) = page.segment, index[:2]
        number = down * page.grid[1] + across
        page = replace(
            page,
            height=min(rows, page.height - down * rows),
            width=min(columns, page.width - across * columns),
        )
        return self.parts.pixels(page, [self._raw(plane, number) for plane in self._planes])

    @property
    def _planes(self) -> range:
        return range(len(self.parts.offsets))

    def _raw(self, plane: int, number: int) -> bytearray:
        place, count = self.parts.offsets[plane, number], self.parts.counts[plane, number]
        return read_at(self.parts.file, int(place), int(count))


def check(parts: Parts, length: int) -> None:
    """Raise `FileProblem` where segments lie beyond the file's end, or cannot hold their rows."""
    page = parts.page
    if (parts.offsets > length - parts.counts).any():
        raise FileProblem("is truncated: a part of its pixels lies beyond its end")
    down, across = page.grid
    tall = np.full(down, page.segment[0])
    if not page.tiled:
        tall[-1] = page.height - (down - 1) * page.segment[0]
    needed = np.repeat(tall, across) * parts.row_bytes
    packed = page.compression != tiff_pixels.NONE
    if (parts.counts < (needed // _MOST_PACKED if packed else needed)).any():
        raise FileProblem("is truncated: rows of pixels are missing")
    if (packed or page.tiled) and needed[0] > _MOST_SEGMENT:
        raise FileProblem(
            f"cannot be read in parts: its strips or tiles have {needed[0]:,} bytes each;"
            " write it with smaller ones"
        )


_MOST_PACKED = 20_000  # bytes that a byte of a sound file stands for, at most (Zstandard, LZMA)
_MOST_SEGMENT = 1 << 27  # bytes of a piece that is unpacked as a whole
