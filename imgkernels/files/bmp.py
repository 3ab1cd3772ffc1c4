"""BMP: any file read through Pillow; 8-bit grey, RGB and RGBA written here."""

from __future__ import annotations

import struct

import numpy as np

from imgkernels.files import pillow
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image

_BITFIELDS, _SRGB = 3, 0x73524742
_INCH = 0.0254  # metres


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a BMP."""
    from PIL.BmpImagePlugin import BmpImageFile

    return pillow.decode(BmpImageFile, data, wanted, fill=pillow.zeros).image("bmp")


def encode(image: Image) -> bytes:
    """Return grey as a palette of greys, RGB as 24 bits, RGBA as 32 bits with a mask for alpha."""
    x = image.pixels
    height, width = x.shape[:2]
    samples = 1 if x.ndim == 2 else x.shape[2]
    rows = np.zeros((height, -(-width * samples // 4) * 4), np.uint8)  # rows end on 4 bytes
    rows[:, : width * samples] = _bgr(x).reshape(height, -1)
    palette = np.arange(256, dtype="<u4") * 0x010101 if samples == 1 else np.empty(0, "<u4")
    per_metre = [round(d / _INCH) for d in image.metadata.dpi or (0, 0)]
    masks = _masks() if samples == 4 else b""
    info = struct.pack(
        "<IiiHHIIiiII", 40 + len(masks), width, height, 1, 8 * samples,
        _BITFIELDS if masks else 0, rows.size, *per_metre, palette.size, 0,
    )  # fmt: skip
    head = info + masks + palette.tobytes()
    start = 14 + len(head)
    file = struct.pack("<2sIHHI", b"BM", start + rows.size, 0, 0, start)
    return b"".join([file, head, rows[::-1].tobytes()])  # bottom row first


def _bgr(x: np.ndarray) -> np.ndarray:
    return x if x.ndim == 2 else x[..., [2, 1, 0, 3][: x.shape[2]]]


def _masks() -> bytes:
    """Return what a version 4 header has more: four masks, sRGB, no end points, no gamma."""
    return struct.pack("<5I48x", 0xFF0000, 0xFF00, 0xFF, 0xFF000000, _SRGB)
