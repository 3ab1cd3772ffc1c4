"""Unpacking LZW, PackBits, LZMA and Zstandard through Pillow's libtiff, at any depth.

The packed segments are put into a new TIFF that calls them 8-bit grey without prediction, so the
library only unpacks bytes, and sees no tag of the file's own.
"""

from __future__ import annotations

import numpy as np

from imgkernels.files import tiff_page as tag, tiff_pillow
from imgkernels.files.tiff_layout import Tags, file_of, long, short
from imgkernels.files.tiff_page import Page
from imgkernels.values import Array


def unpacked(page: Page, parts: list[bytes], row_bytes: int) -> Array:
    """Return the bytes of all segments of one plane, laid out as they lie in the picture."""
    down, across = page.grid
    height = down * page.segment[0] if page.tiled else page.height
    tags: Tags = {
        tag.WIDTH: long(across * row_bytes),
        tag.HEIGHT: long(height),
        tag.BITS: short(8),
        tag.COMPRESSION: short(page.compression),
        tag.PHOTOMETRIC: short(tag.BLACK_IS_ZERO),
        tag.SAMPLES: short(1),
    }
    if page.tiled:
        tags |= {tag.TILE_WIDTH: long(row_bytes), tag.TILE_HEIGHT: long(page.segment[0])}
    else:
        tags[tag.ROWS_PER_STRIP] = long(page.segment[0])
    with tiff_pillow.opened(file_of([(tags, parts)])) as picture:
        picture.load()
        return np.asarray(picture)
