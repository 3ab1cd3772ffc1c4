"""PNG: metadata and frames read here; written here at any depth, with profile and resolution."""

from __future__ import annotations

import struct
import zlib
from itertools import islice

from imgkernels.files import png_chunks, png_frames, png_pixels
from imgkernels.files.decoded import Decoded, Dpi
from imgkernels.files.exif import kept
from imgkernels.files.orientation import orientation_of
from imgkernels.files.png_chunks import GREY, GREY_ALPHA, RGB, RGBA, Png
from imgkernels.files.png_pack import Packing, packed
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames
from imgkernels.image import Image
from imgkernels.values import Array

_METRE = 1 / 0.0254  # inches
_XMP = b"XML:com.adobe.xmp"
_EXIF_TEXT = b"Raw profile type exif"
_READ = (_XMP, _EXIF_TEXT)  # texts that are no words
_SRGB_GAMMA = (45_455).to_bytes(4, "big")


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a PNG, or one frame of an animated one."""
    png = png_chunks.parse(data, wanted)
    count = png_frames.count(png)
    frame = wanted.one_of(count, "frames")
    if count == 1:
        return _told(png, png_pixels.still(png), wanted)
    pixels, _ = next(islice(png_frames.shown(png), frame, None))
    return _told(png, pixels, wanted)


def frames(data: bytes, wanted: Wanted) -> Frames:
    """Read all frames of an animation, or the one picture."""
    png = png_chunks.parse(data, wanted)
    count = png_frames.count(png)
    wanted.admit_frames(count, png.header.width * png.header.height * count)
    if count == 1:
        return Frames.of(_told(png, png_pixels.still(png), wanted))
    found = list(png_frames.shown(png))
    images = tuple(_told(png, pixels, wanted) for pixels, _ in found)
    showings = tuple(showing for _, showing in found)
    return Frames(images, showings, png_frames.plays(png), png_frames.has_cover(png))


def _told(png: Png, pixels: Array, wanted: Wanted) -> Image:
    """Return pixels as a picture, with what the file says beside them."""
    icc, notes = _profile(png)
    said, xmp = _exif(png), png.text(_XMP)
    exif, left_out = kept(said, wanted.keep_metadata)
    return Decoded(
        pixels,
        alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
        notes=png.notes + notes,
        orientation=orientation_of(said, xmp),
        icc=icc,
        dpi=_resolution(png),
        exif=exif,
        left_out=left_out + _left_out(png, xmp),
    ).image("png")


def _left_out(png: Png, xmp: bytes) -> tuple[str, ...]:
    """Name what else the file says of its picture: colours by numbers alone, and words."""
    texts = any(body.partition(b"\0")[0] not in _READ for body in png.words)
    gamma = png.first(b"gAMA") and not (png.first(b"sRGB") or png.first(b"iCCP"))
    found = {"XMP": xmp, "gamma": gamma and png.first(b"gAMA") != _SRGB_GAMMA, "text": texts}
    return tuple(name for name, there in found.items() if there)


def encode(image: Image, packing: Packing = "fast") -> bytes:
    """Return 8 or 16 bits per sample, grey or RGB, with or without alpha."""
    parts = ((b"IDAT", part) for part in packed(image.pixels, packing))
    return png_chunks.file_of(*_head(image), *parts)


def encode_frames(frames: Frames, packing: Packing = "fast") -> bytes:
    """Return an animation, each frame whole."""
    rows = (b"".join(packed(image.pixels, packing)) for image in frames)
    return png_chunks.file_of(*_head(frames.images[0]), *png_frames.chunks_of(frames, rows))


def _head(image: Image) -> list[tuple[bytes, bytes]]:
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
    if image.metadata.exif:
        chunks.append((b"eXIf", image.metadata.exif))
    return chunks


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
    return png.first(b"eXIf") or _from_hex(png.text(_EXIF_TEXT))


def _from_hex(text: bytes) -> bytes | None:
    """Return the bytes behind three lines of head, lines of hexadecimal digits."""
    try:
        return bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("ascii"))
    except ValueError:
        return None
