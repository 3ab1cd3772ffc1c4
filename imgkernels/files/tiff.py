"""TIFF and BigTIFF: pages, volumes, and every kind of sample, at its own depth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import pillow, tiff_pillow, tiff_pixels, tiff_tags
from imgkernels.files.decoded import Decoded
from imgkernels.files.orientation import TAG as ORIENTATION, upright
from imgkernels.files.tiff_page import ICC, Page, page_of
from imgkernels.files.tiff_plain import meaning_of, plain
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image

_LEFT_OUT = {34665: "EXIF", 34853: "GPS", 700: "XMP"}  # tags of TIFF 6.0 and its supplements
_CMYK = 5


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read one page, or with `volume` all of them as planes."""
    directories = tiff_tags.directories(data)
    pages = [page_of(tags, wanted) for tags in directories]
    full = [i for i, page in enumerate(pages) if not page.reduced] or [0]
    if wanted.volume:
        return _volume(data, pages, full, wanted)
    index = full[wanted.one_of(len(full), "pages", or_volume=True)]
    return _read(data, pages[index], index).image("tiff")


def _volume(data: bytes, pages: list[Page], full: list[int], wanted: Wanted) -> Image:
    first = pages[full[0]]
    wanted.admit(first.width, first.height, len(full))
    planes = [_read(data, pages[i], i) for i in full]
    upright_planes = [upright(plane.pixels, plane.orientation) for plane in planes]
    kinds = {(x.shape, x.dtype, p.white) for x, p in zip(upright_planes, planes, strict=True)}
    if len(kinds) > 1:
        told = ", ".join(sorted({f"{x.shape} {x.dtype}" for x in upright_planes}))
        raise FileProblem(f"holds pages that differ, which make no volume: {told}")
    stack = np.stack(upright_planes)
    axes = "zyx" if stack.ndim == 3 else "zyxc"
    notes = tuple(dict.fromkeys(note for plane in planes for note in plane.notes))
    return replace(planes[0], pixels=stack, orientation=1, axes=axes, notes=notes).image("tiff")


def _read(data: bytes, page: Page, index: int) -> Decoded:
    if plain(page):
        found = _plain(page)
    elif page.bits <= 8 and page.kind == "u":
        found = _through_pillow(data, page, index)
    elif page.photometric == _CMYK and page.dtype == np.uint16 and tiff_pixels.readable(page):
        found = _cmyk(page)
    else:
        raise FileProblem(
            f"holds {page.bits}-bit samples in a form that is not read (sample format"
            f" {page.kind!r}, photometric {page.photometric}, compression {page.compression},"
            f" predictor {page.predictor})"
        )
    return described(page, found)


def described(page: Page, found: Decoded) -> Decoded:
    """Add what the page says beside its pixels."""
    turned_by_pillow = page.orientation >= 5 and found.orientation < 5
    dpi = page.dpi[::-1] if page.dpi and turned_by_pillow else page.dpi
    left_out = tuple(name for tag, name in _LEFT_OUT.items() if tag in page.tags.entries)
    return replace(found, icc=page.tags.raw(ICC), dpi=dpi, left_out=left_out)


def _plain(page: Page) -> Decoded:
    """Read grey or RGB, its channels as the page declares them."""
    meaning = meaning_of(page)
    pixels = meaning.pixels(tiff_pixels.samples(page, meaning.kept))
    return Decoded(pixels, meaning.alpha, meaning.notes, page.orientation, white=meaning.white)


def _cmyk(page: Page) -> Decoded:
    """Read 16-bit CMYK: each colour is what its ink and the black leave of the white."""
    if page.bits != 16 or page.samples < 4:
        raise FileProblem(f"is damaged: CMYK of {page.samples} samples of {page.bits} bits")
    left = np.uint32(65_535) - tiff_pixels.samples(page, 4)
    rgb = (left[..., :3] * left[..., 3:] + 32_767) // 65_535
    notes = (pillow.CMYK_NOTE,)
    return Decoded(rgb.astype(np.uint16), notes=notes, orientation=page.orientation)


def _through_pillow(data: bytes, page: Page, index: int) -> Decoded:
    with tiff_pillow.opened(data) as picture:
        picture.seek(index)
        if sorted(picture.size) != sorted((page.width, page.height)):
            raise FileProblem("is damaged: its tags are read in two ways")
        picture.load()
        left = int(picture.tag_v2.get(ORIENTATION, 1))  # Pillow turned it and took the tag away
        pixels, notes = pillow.expanded(picture)
    alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return Decoded(pixels, alpha, notes, left)
