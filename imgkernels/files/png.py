"""PNG: metadata and frames read here; written here at any depth, with profile and resolution."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from imgkernels.files import png_chunks, png_pixels
from imgkernels.files.decoded import Decoded, Dpi
from imgkernels.files.orientation import orientation_of
from imgkernels.files.png_chunks import GREY, GREY_ALPHA, RGB, RGBA, Png
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image
from imgkernels.values import Array

_METRE = 1 / 0.0254  # inches
_XMP = b"XML:com.adobe.xmp"
_UP = 2  # the filter written: each row less the one above


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a PNG, or one frame of an animated one."""
    png = png_chunks.parse(data, wanted)
    frames = _frames(png)
    frame = wanted.one_of(frames, "frames")
    pixels = png_pixels.still(png) if frames == 1 else png_pixels.frame_of(png, frame)
    icc, notes = _profile(png)
    exif, xmp = _exif(png), b"".join(png.texts(_XMP))
    return Decoded(
        pixels,
        alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
        notes=png.notes + notes,
        orientation=orientation_of(exif, xmp),
        icc=icc,
        dpi=_resolution(png),
        left_out=tuple(name for name, there in (("EXIF", exif), ("XMP", xmp)) if there),
    ).image("png")


def encode(image: Image) -> bytes:
    """Return 8 or 16 bits per sample, grey or RGB, with or without alpha.

    One filter for all rows and runs only in the packing: a third faster than OpenCV's encoder,
    nine times faster than Pillow's, and files as large as OpenCV's (1800 x 1200 photograph).
    """
    x = image.pixels
    colour = (GREY, GREY_ALPHA, RGB, RGBA)[image.channels - 1]
    header = png_chunks.Header(x.shape[1], x.shape[0], 8 * x.dtype.itemsize, colour, False)
    chunks = [(b"IHDR", header.packed())]
    if image.metadata.icc:
        chunks.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(image.metadata.icc)))
    if image.metadata.dpi:
        x_dpi, y_dpi = image.metadata.dpi
        per_metre = struct.pack(">IIB", round(x_dpi * _METRE), round(y_dpi * _METRE), 1)
        chunks.append((b"pHYs", per_metre))
    return png_chunks.file_of(*chunks, (b"IDAT", _packed(x)))


def _packed(x: Array) -> bytes:
    rows = x.astype(x.dtype.newbyteorder(">"), copy=False).reshape(len(x), -1).view(np.uint8)
    filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    return packer.compress(filtered.data) + packer.flush()


def _frames(png: Png) -> int:
    """Count the frames; the picture before the animation counts if it is not its first.

    No more than there are chunks for, whatever the file claims.
    """
    names = [name for name, _ in png.chunks]
    control = png.first(b"acTL")
    start = names.index(b"IDAT")
    if control is None or names.index(b"acTL") > start:
        return 1
    frames = min(int.from_bytes(control[:4], "big"), names.count(b"fcTL"))
    return max(1, frames + (b"fcTL" not in names[:start]))


def _profile(png: Png) -> tuple[bytes | None, tuple[str, ...]]:
    body = png.first(b"iCCP")
    if body is None:
        return None, ()
    try:
        return png_chunks.unpacked(body[body.index(b"\0") + 2 :]), ()
    except (ValueError, zlib.error):
        return None, ("the colour profile is broken and was left out",)


def _resolution(png: Png) -> Dpi | None:
    body = png.first(b"pHYs")
    if body is None or body[8] != 1:
        return None
    x, y, _ = struct.unpack(">IIB", body)
    return x / _METRE, y / _METRE


def _exif(png: Png) -> bytes | None:
    """Return the EXIF, in its chunk or as the text ImageMagick writes."""
    exif = png.first(b"eXIf")
    if exif is None:
        for text in png.texts(b"Raw profile type exif"):
            exif = _from_hex(text)
    return exif


def _from_hex(text: bytes) -> bytes | None:
    """Return the bytes behind three lines of head, lines of hexadecimal digits."""
    try:
        return bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return None
