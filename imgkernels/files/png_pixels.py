"""From checked chunks of a PNG to pixels: rebuilt clean, then decoded by OpenCV or Pillow."""

from __future__ import annotations

import zlib
from io import BytesIO
from types import ModuleType

import numpy as np

from imgkernels import opencv
from imgkernels.errors import FileProblem, MissingDependency
from imgkernels.files import pillow
from imgkernels.files.png_chunks import GREY, GREY_ALPHA, PALETTE, RGB, Header, Png, file_of
from imgkernels.values import Array

_MOST_A_SIDE = 1_000_000  # pixels; libpng's own limit, which OpenCV keeps
_MOST_OPENCV = 1 << 30  # pixels


def still(png: Png) -> Array:
    """Decode the one picture of a PNG."""
    head = png.header
    palette = _palette(png) if head.colour == PALETTE else []
    # The rows are unpacked once, within bounds, and stored: the library only copies them. It
    # prints on what is broken, so it sees nothing but header, palette and sound rows.
    stored = zlib.compress(png.rows(), 0)
    clean = file_of((b"IHDR", head.packed()), *palette, (b"IDAT", stored))
    del stored
    cv2 = opencv.load()
    if cv2 is not None and fits_opencv(head):
        pixels = _through_opencv(cv2, clean)
        if head.colour == GREY_ALPHA:
            pixels = np.ascontiguousarray(pixels[..., ::3])
    elif head.depth == 16 and head.colour != GREY:
        if cv2 is not None:
            raise FileProblem("holds 16-bit colour of more pixels than OpenCV reads")
        raise MissingDependency("16-bit colour needs OpenCV; pip install opencv-python-headless")
    else:
        pixels = _through_pillow(clean)
    key = png.first(b"tRNS") if head.colour in (GREY, RGB) else None
    return pixels if key is None else _keyed(pixels, key, head.depth)


def fits_opencv(head: Header) -> bool:
    """Tell whether OpenCV takes a picture of this size."""
    return max(head.width, head.height) <= _MOST_A_SIDE and head.width * head.height <= _MOST_OPENCV


def _through_opencv(cv2: ModuleType, clean: bytes) -> Array:
    found = cv2.imdecode(np.frombuffer(clean, np.uint8), cv2.IMREAD_UNCHANGED)
    if found.ndim == 3:
        code = cv2.COLOR_BGR2RGB if found.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        found = cv2.cvtColor(found, code)
    pixels: Array = found
    return pixels


def _through_pillow(clean: bytes) -> Array:
    from PIL.PngImagePlugin import PngImageFile

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
