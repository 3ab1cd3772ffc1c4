"""One page of a TIFF: what its tags say, checked, with the defaults of TIFF 6.0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.decoded import Dpi
from imgkernels.files.orientation import TAG as ORIENTATION, orientation_of
from imgkernels.files.tiff_tags import Directory
from imgkernels.files.wanted import Wanted
from imgkernels.values import SUPPORTED

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, ROWS_PER_STRIP, COUNTS, X_RESOLUTION, Y_RESOLUTION = 273, 277, 278, 279, 282, 283
PLANAR, RESOLUTION_UNIT, PREDICTOR = 284, 296, 317
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
EXTRA, SAMPLE_FORMAT, XMP, ICC = 338, 339, 700, 34675
_SUBFILE, _FILL_ORDER = 254, 266

WHITE_IS_ZERO, BLACK_IS_ZERO, RGB = 0, 1, 2
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}  # sample formats
_MOST_SAMPLES = 64


@dataclass(frozen=True)
class Page:
    """The layout of one page; segments are its strips, as wide as the page, or its tiles."""

    tags: Directory
    wanted: Wanted
    width: int
    height: int
    bits: int
    samples: int
    kind: str
    photometric: int
    compression: int
    predictor: int
    planar: bool
    reversed_bits: bool
    extra: tuple[int, ...]
    segment: tuple[int, int]
    tiled: bool

    @property
    def dtype(self) -> np.dtype[np.generic] | None:
        """The native dtype that holds a sample, None if there is none."""
        if self.kind == "u" and (self.bits < 16 or self.bits == 24):
            return np.dtype(
                np.uint8 if self.bits <= 8 else np.uint16 if self.bits < 16 else np.uint32
            )
        try:
            found = np.dtype(f"{self.kind}{self.bits // 8}") if self.bits % 8 == 0 else None
        except TypeError:
            return None
        return found if found is not None and found.name in SUPPORTED else None

    @property
    def grid(self) -> tuple[int, int]:
        """The number of segments down and across."""
        rows, columns = self.segment
        return -(-self.height // rows), -(-self.width // columns)

    @property
    def reduced(self) -> bool:
        """Whether it is a smaller copy or a mask of another page."""
        return bool(self.tags.integer(_SUBFILE, 0) & 5)

    @property
    def orientation(self) -> int:
        """The value of the tag, 1 where it is absent."""
        said = self.tags.integer(ORIENTATION, 0)
        return said if 1 <= said <= 8 else orientation_of(None, self.tags.raw(XMP))

    @property
    def dpi(self) -> Dpi | None:
        """Pixels per inch, None where it is not said or has no unit."""
        unit = {2: 1.0, 3: 2.54}.get(self.tags.integer(RESOLUTION_UNIT, 2))
        x, y = self.tags.values(X_RESOLUTION), self.tags.values(Y_RESOLUTION)
        return None if unit is None or not (x.size and y.size) else (x[0] * unit, y[0] * unit)


def page_of(tags: Directory, wanted: Wanted) -> Page:
    """Read the layout of a page; its size is checked here, before anything is decoded."""
    width, height = tags.integer(WIDTH, 0), tags.integer(HEIGHT, 0)
    wanted.admit(width, height)
    samples = tags.integer(SAMPLES, 1)
    bits = _same(tags, BITS, 1)
    if not 1 <= bits <= 64:
        raise FileProblem(f"is damaged: it says that a sample has {bits} bits")
    if not 1 <= samples <= _MOST_SAMPLES:
        raise FileProblem(f"holds {samples} samples per pixel; at most {_MOST_SAMPLES} are read")
    tiled = TILE_WIDTH in tags.entries
    rows = tags.integer(TILE_HEIGHT, 0) if tiled else tags.integer(ROWS_PER_STRIP, height)
    columns = tags.integer(TILE_WIDTH, 0) if tiled else width
    if min(rows, columns) < 1:
        raise FileProblem("is damaged: its strips or tiles have no size")
    segment = (rows if tiled else min(rows, height), columns)
    wanted.admit(-(-width // columns) * columns, -(-height // segment[0]) * segment[0])
    colour = tags.integer(PHOTOMETRIC, RGB if samples > 2 else BLACK_IS_ZERO)
    return Page(
        tags, wanted, width, height, bits, samples,
        _KINDS.get(_same(tags, SAMPLE_FORMAT, 1), "?"), colour,
        tags.integer(COMPRESSION, 1), tags.integer(PREDICTOR, 1),
        samples > 1 and tags.integer(PLANAR, 1) == 2, tags.integer(_FILL_ORDER, 1) == 2,
        tuple(int(v) for v in tags.values(EXTRA)), segment, tiled,
    )  # fmt: skip


def _same(tags: Directory, tag: int, default: int) -> int:
    """Return the value that all samples share."""
    found = np.unique(tags.values(tag))
    if found.size > 1:
        raise FileProblem("holds samples of different kinds in one pixel, which is not read")
    return int(found[0]) if found.size else default
