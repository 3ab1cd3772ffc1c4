"""TGA: any file read through Pillow; 8-bit grey, RGB and RGBA written uncompressed."""

from __future__ import annotations

import struct

import numpy as np

from imgkernels.files import pillow
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image

_RGB, _GREY = 2, 3
_TOP_ROW_FIRST = 0x20
_FOOTER = bytes(8) + b"TRUEVISION-XFILE.\0"


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a TGA."""
    from PIL.TgaImagePlugin import TgaImageFile

    return pillow.decode(TgaImageFile, data, wanted, fill=pillow.zeros).image("tga")


def encode(image: Image) -> bytes:
    """Return a version 2 file, the top row first."""
    x = image.pixels
    height, width = x.shape[:2]
    kind = _GREY if x.ndim == 2 else _RGB
    alpha_bits = 8 if image.channels == 4 else 0
    head = struct.pack(
        "<BBB5x4HBB", 0, 0, kind, 0, 0, width, height, 8 * image.channels,
        _TOP_ROW_FIRST | alpha_bits,
    )  # fmt: skip
    bgr = x if x.ndim == 2 else x[..., [2, 1, 0, 3][: x.shape[2]]]
    return head + np.ascontiguousarray(bgr).tobytes() + _FOOTER
