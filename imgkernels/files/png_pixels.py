"""From checked chunks of a PNG to pixels: rebuilt clean, then decoded by OpenCV or Pillow."""

from __future__ import annotations

import zlib
from dataclasses import replace
from io import BytesIO
from types import ModuleType

import numpy as np

from imgkernels import opencv
from imgkernels.errors import FileProblem, MissingDependency
from imgkernels.files.png_chunks import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, Header, Png, file_of
from imgkernels.values import Array

_CHANNELS = {GREY: 1, RGB: 3, RGBA: 4}  # whose rows are pixels, sample by sample
_STRIP = 1 << 20  # bytes of rows that are decoded at a time
_MOST_A_SIDE = 1_000_000  # pixels; libpng's own limit, which OpenCV keeps
_MOST_OPENCV = 1 << 30  # pixels


def still(png: Png) -> Array:
    """Decode the one picture of a PNG."""
    head, cv2 = png.header, opencv.load()
    plain = head.depth >= 8 and head.colour in _CHANNELS and not head.interlaced
    taken = cv2 is not None and fits_opencv(head)
    pixels = _by_strips(cv2, png) if cv2 is not None and taken and plain else _whole(png, cv2)
    key = png.first(b"tRNS") if head.colour in (GREY, RGB) else None
    return pixels if key is None else _keyed(pixels, key, head.depth)


def fits_opencv(head: Header) -> bool:
    """Tell whether OpenCV takes a picture of this size."""
    return max(head.width, head.height) <= _MOST_A_SIDE and head.width * head.height <= _MOST_OPENCV


def _by_strips(cv2: ModuleType, png: Png) -> Array:
    """Decode some rows at a time, each strip a PNG of its own: memory for the pixels alone.

    Filters look at the row above: it comes first, as it is, and is left out again.
    """
    head, channels = png.header, _CHANNELS[png.header.colour]
    ((_, width),) = head.blocks
    rows, dtype = max(1, _STRIP // width), np.dtype(f"u{head.depth // 8}")
    shape = (head.height, head.width) if channels == 1 else (head.height, head.width, channels)
    pixels, above = np.empty(shape, dtype), b""
    for number, raw in enumerate(png.strips(rows)):
        place = slice(number * rows, number * rows + len(raw) // width)
        lead = 1 if above else 0
        strip = replace(head, height=len(raw) // width + lead)
        _through_opencv(cv2, _clean(strip, above + raw), pixels[place], lead)
        above = b"\0" + pixels[place][-1].astype(dtype.newbyteorder(">")).tobytes()
    return pixels


def _whole(png: Png, cv2: ModuleType | None) -> Array:
    head = png.header
    clean = _clean(head, png.rows(), *(_palette(png) if head.colour == PALETTE else ()))
    if cv2 is not None and fits_opencv(head):
        pixels = _through_opencv(cv2, clean)
        return np.ascontiguousarray(pixels[..., ::3]) if head.colour == GREY_ALPHA else pixels
    if head.depth == 16 and head.colour != GREY:
        if cv2 is not None:
            raise FileProblem("holds 16-bit colour of more pixels than OpenCV reads")
        raise MissingDependency("16-bit colour needs OpenCV; pip install opencv-python-headless")
    return _through_pillow(clean)


def _clean(head: Header, raw: bytes, *palette: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of nothing but header, palette and rows.

    The rows were unpacked once, within bounds, and are stored: the library only copies them. It
    prints on what is broken, so it sees nothing but what is sound.
    """
    return file_of((b"IHDR", head.packed()), *palette, (b"IDAT", zlib.compress(raw, 0)))


def _through_opencv(
    cv2: ModuleType, clean: bytes, into: Array | None = None, lead: int = 0
) -> Array:
    """Decode a PNG, but for some first rows; into an array, if there is one."""
    found = cv2.imdecode(np.frombuffer(clean, np.uint8), cv2.IMREAD_UNCHANGED)
    pixels: Array = found[lead:]
    if pixels.ndim == 3:
        code = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        return np.asarray(cv2.cvtColor(pixels, code, dst=into))
    if into is not None:
        into[...] = pixels
    return pixels


def _through_pillow(clean: bytes) -> Array:
    from PIL.PngImagePlugin import PngImageFile

    from imgkernels.files import pillow

    with pillow.quiet(), PngImageFile(BytesIO(clean)) as picture:
        picture.load()
        if picture.mode.startswith("I"):  # 16-bit grey, in 16 or 32 bits by Pillow's version
            return np.asarray(picture).astype(np.uint16)
        return pillow.expanded(picture)[0]


def _palette(png: Png) -> list[tuple[bytes, bytes]]:
    """Return the palette at its full length, black where the file has none, and its alpha."""
    body = png.first(b"PLTE") or b""
    entries = min(len(body) // 3, 1 << png.header.depth)
    if not entries:
        raise FileProblem("is damaged: its palette is missing")
    colours = (b"PLTE", body[: 3 * entries].ljust(3 << png.header.depth, b"\0"))
    alpha = png.first(b"tRNS")
    return [colours, (b"tRNS", alpha[:entries])] if alpha else [colours]


def _keyed(pixels: Array, key: bytes, depth: int) -> Array:
    """Return the pixels with alpha: none where they have the colour that `key` names."""
    samples = 1 if pixels.ndim == 2 else 3
    if len(key) != 2 * samples:
        return pixels
    most = (1 << depth) - 1
    colour = np.frombuffer(key, ">u2").astype(np.int64) & most
    white = np.iinfo(pixels.dtype).max
    planes = pixels.reshape(*pixels.shape[:2], samples)
    shown = (planes != colour * white // most).any(axis=2)
    return np.dstack([planes, shown.astype(pixels.dtype) * pixels.dtype.type(white)])
