"""TIFF and BigTIFF, opened to be read part by part."""

from __future__ import annotations

import mmap
from dataclasses import replace
from io import FileIO

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import tiff, tiff_pixels, tiff_tags
from imgkernels.files.decoded import Decoded
from imgkernels.files.tiff_page import ICC, Page, page_of
from imgkernels.files.tiff_plain import meaning_of, plain
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image
from imgkernels.streams.cells import Grid, Loaded
from imgkernels.streams.kept import Kept
from imgkernels.streams.opened import Opened
from imgkernels.streams.planes import Stacked
from imgkernels.streams.tiff_parts import Parts, Rows, Segments, check
from imgkernels.streams.turned import Turned
from imgkernels.tiles import Source

_MOST_PROFILE = 1 << 24  # bytes; profiles of printers have a few millions


def opened(file: FileIO, wanted: Wanted) -> Opened:
    """Open a page, or with `volume` all pages as planes; no pixel is read, all places are checked.

    What is streamed is grey or RGB, in any packing that is read without Pillow's decoders for
    pictures.
    """
    data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # touched where tags lie alone
    pages = [page_of(tags, wanted) for tags in tiff_tags.directories(data)]
    full = [page for page in pages if not page.reduced] or pages[:1]
    if not wanted.volume:
        page = full[wanted.one_of(len(full), "pages")]
        source = _source(file, page, len(data), Kept())
        return Opened(source, _facts(page, source, ""))
    wanted.admit(full[0].width, full[0].height, len(full))
    kept = Kept()
    planes = tuple(_source(file, page, len(data), kept) for page in full)
    if len({(x.shape, x.dtype, p.bits) for x, p in zip(planes, full, strict=True)}) > 1:
        raise FileProblem("holds pages that differ, which make no volume")
    stacked = Stacked(planes)
    return Opened(stacked, _facts(full[0], stacked, "z"))


def _source(file: FileIO, page: Page, length: int, kept: Kept) -> Source:
    if not plain(page):
        packings = ", ".join(("Deflate", *tiff_pixels.LIBRARY.values()))
        raise FileProblem(
            f"cannot be read in parts: it holds {page.bits}-bit samples of photometric"
            f" {page.photometric} in compression {page.compression}; that can be done for grey and"
            f" RGB, not packed or in {packings}"
        )
    meaning = meaning_of(page)
    planes = meaning.kept if page.planar else 1
    offsets, counts = (x.reshape(planes, -1) for x in tiff_pixels.segments(page, planes))
    parts = Parts(file, page, meaning, offsets, counts)
    check(parts, length)
    if page.compression == tiff_pixels.NONE and not page.tiled:
        source: Source = Rows(parts)
    else:
        grid = Grid(parts.shape, (*page.segment, *parts.shape[2:]))
        source = Loaded(grid, parts.dtype, Segments(parts).load, kept)
    return source if page.orientation == 1 else Turned(source, page.orientation)


def _facts(page: Page, source: Source, planes: str) -> Image:
    """Return what the page says of itself, as a picture of the source's shape."""
    profile = page.tags.entries.get(ICC)
    if profile is not None and profile.size > _MOST_PROFILE:
        raise FileProblem(f"is damaged: its colour profile has {profile.size:,} bytes")
    meaning = meaning_of(page)
    one = np.zeros((1, 1, *((meaning.kept,) if meaning.kept > 1 else ())), source.dtype)
    found = Decoded(one, meaning.alpha, meaning.notes, page.orientation, white=meaning.white)
    image = tiff.described(page, found).image("tiff")
    nothing = np.broadcast_to(np.zeros((), source.dtype), source.shape)
    return replace(image, pixels=nothing, axes=planes + image.axes)
