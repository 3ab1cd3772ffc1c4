"""TIFF and BigTIFF: pages, volumes, and every kind of sample, at its own depth."""

from __future__ import annotations

from dataclasses import replace

from imgkernels.errors import FileProblem
from imgkernels.files import exif, inks, pillow, tiff_pillow, tiff_pixels, tiff_tags
from imgkernels.files.decoded import Decoded
from imgkernels.files.orientation import TAG as ORIENTATION
from imgkernels.files.tiff_page import ICC, Page, page_of
from imgkernels.files.tiff_plain import meaning_of, plain
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames
from imgkernels.image import Image

Notes = tuple[str, ...]
_LEFT_OUT = {34665: "EXIF", 34853: "GPS", 700: "XMP"}  # tags of TIFF 6.0 and its supplements
_CMYK = 5


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read one page."""
    pages, notes = _pages(data, wanted)
    index, page = pages[wanted.one_of(len(pages), "pages")]
    return _noted(_read(data, page, index), notes).image("tiff")


def frames(data: bytes, wanted: Wanted) -> Frames:
    """Read all pages, which may differ in size and kind."""
    pages, notes = _pages(data, wanted)
    wanted.admit_frames(len(pages), sum(page.width * page.height for _, page in pages))
    found = (_noted(_read(data, page, index), notes) for index, page in pages)
    return Frames.of(*(each.image("tiff") for each in found))


def _pages(data: bytes, wanted: Wanted) -> tuple[list[tuple[int, Page]], Notes]:
    """Return the pages with their places in the file, and a note on copies that are left out."""
    every = [page_of(tags, wanted) for tags in tiff_tags.directories(data)]
    full = [(i, page) for i, page in enumerate(every) if not page.reduced] or [(0, every[0])]
    left = len(every) - len(full)
    return full, (f"{left} smaller copies or masks were left out",) if left else ()


def _noted(found: Decoded, notes: Notes) -> Decoded:
    return replace(found, notes=(*found.notes, *notes))


def _read(data: bytes, page: Page, index: int) -> Decoded:
    cut = (page.wanted.cut("pixels lie beyond its end"),) if tiff_pixels.cut(page) else ()
    if plain(page):
        found = _plain(page)
    elif page.photometric == _CMYK and page.kind == "u" and tiff_pixels.readable(page):
        found = _cmyk(page)
    elif page.bits <= 8 and page.kind == "u":
        found = _through_pillow(data, page, index)
    else:
        raise FileProblem(
            f"holds {page.bits}-bit samples in a form that is not read (sample format"
            f" {page.kind!r}, photometric {page.photometric}, compression {page.compression},"
            f" predictor {page.predictor})"
        )
    return described(page, _noted(found, cut))


def described(page: Page, found: Decoded) -> Decoded:
    """Add what the page says beside its pixels."""
    turned_by_pillow = page.orientation >= 5 and found.orientation < 5
    dpi = page.dpi[::-1] if page.dpi and turned_by_pillow else page.dpi
    said, left_out = exif_of(page)
    return replace(found, icc=page.tags.raw(ICC), dpi=dpi, exif=said, left_out=left_out)


def exif_of(page: Page) -> exif.Kept:
    """Return what the page says beside its pixels, as far as it is kept."""
    tags = page.tags.entries
    left_out = tuple(name for tag, name in _LEFT_OUT.items() if tag in tags)
    if not page.wanted.keep_metadata:
        return exif.Kept(None, left_out)
    found = exif.of_directory(page.tags)
    return exif.Kept(found.exif, found.left_out + ("XMP",) * ("XMP" in left_out))


def _plain(page: Page) -> Decoded:
    """Read grey or RGB, its channels as the page declares them."""
    meaning = meaning_of(page)
    pixels = meaning.pixels(tiff_pixels.samples(page, meaning.kept))
    return Decoded(pixels, meaning.alpha, meaning.notes, page.orientation, white=meaning.white)


def _cmyk(page: Page) -> Decoded:
    if page.bits not in (8, 16) or page.samples < 4:
        raise FileProblem(f"is damaged: CMYK of {page.samples} samples of {page.bits} bits")
    rgb = inks.rgb_of(tiff_pixels.samples(page, 4))
    return Decoded(rgb, notes=(inks.NOTE,), orientation=page.orientation)


def _through_pillow(data: bytes, page: Page, index: int) -> Decoded:
    with tiff_pillow.opened(tiff_pixels.filled(page, data)) as picture:
        picture.seek(index)
        if sorted(picture.size) != sorted((page.width, page.height)):
            raise FileProblem("is damaged: its tags are read in two ways")
        picture.load()
        left = int(picture.tag_v2.get(ORIENTATION, 1))  # Pillow turned it and took the tag away
        pixels, notes = pillow.expanded(picture)
    alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return Decoded(pixels, alpha, notes, left)
