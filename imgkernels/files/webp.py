"""WebP through Pillow: any file read, lossless files written."""

from __future__ import annotations

import math
from dataclasses import replace
from io import BytesIO

from imgkernels.errors import FileProblem
from imgkernels.files import pillow, webp_chunks
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames
from imgkernels.image import Image, Metadata

_MOST_PER_PIXEL, _LEAST = 8, 1 << 16  # bytes that may be missing of a picture


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a WebP; its size comes first, for the decoder takes the whole canvas at once."""
    from PIL.WebPImagePlugin import WebPImageFile

    wanted.admit(*_size(data))
    data, notes = _mended(data, wanted)
    wanted.one_of(max(1, len(webp_chunks.animation_of(data).showings)), "frames")
    found = pillow.decode(WebPImageFile, data, wanted)
    return replace(found, notes=found.notes + notes).image("webp")


def frames(data: bytes, wanted: Wanted) -> Frames:
    """Read all frames, each laid over those before as the file says."""
    from PIL.WebPImagePlugin import WebPImageFile

    if not _is_animation(data):
        return Frames((decode(data, wanted),))
    size, found = _size(data), webp_chunks.animation_of(data)
    wanted.admit(*size)
    wanted.admit_frames(len(found.showings), math.prod(size) * len(found.showings))
    read = [each for each, _ in pillow.frames(WebPImageFile, data, wanted)]
    images = tuple(each.image("webp") for each in read)
    if len(images) == 1:
        return Frames(images)
    return Frames(images, found.showings, found.plays)


def encode_frames(frames: Frames) -> bytes:
    """Return an animation without loss."""
    bare = [replace(image, metadata=Metadata()) for image in frames]
    return webp_chunks.animated(frames, list(map(encode, bare)))


def encode(image: Image) -> bytes:
    """Return RGB or RGBA without loss, colour under full transparency included.

    The library leaves out an alpha that is opaque everywhere.
    """
    import PIL.Image
    from PIL import WebPImagePlugin  # noqa: F401 - registers the format

    out = BytesIO()
    # Method 0 at effort 20 is 13 times faster than method 4, and its files are 10 % larger
    # (1800 x 1200 photograph, libwebp of Pillow 13.0.0).
    PIL.Image.fromarray(image.pixels).save(
        out, "WEBP", lossless=True, exact=True, method=0, quality=20,
        icc_profile=image.metadata.icc, exif=image.metadata.exif or b"",
    )  # fmt: skip
    return out.getvalue()


def _mended(data: bytes, wanted: Wanted) -> tuple[bytes, tuple[str, ...]]:
    """Return a still picture so that the decoder takes what is there of it, and a note if cut."""
    missing = 8 + int.from_bytes(data[4:8], "little") - len(data)
    if missing <= 1:  # the padding of the last chunk is often left out
        return data, ()
    if _is_animation(data):
        raise FileProblem("is truncated, and no frame of a WebP animation is read that was cut")
    note = wanted.cut("pixels are missing")
    return webp_chunks.mended(data, _MOST_PER_PIXEL * math.prod(_size(data)) + _LEAST), (note,)


def _is_animation(data: bytes) -> bool:
    return data[12:16] == b"VP8X" and bool(
        int.from_bytes(data[20:21], "big") & webp_chunks.ANIMATION
    )


def _size(data: bytes) -> tuple[int, int]:
    """Return width and height from the first chunk (RFC 9649, 2.5 to 2.7 and 3.4)."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise FileProblem("is truncated within its header")
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = body[6:8], body[8:10]
        return (
            int.from_bytes(width, "little") & 0x3FFF,
            int.from_bytes(height, "little") & 0x3FFF,
        )
    raise FileProblem("is damaged: a WebP must begin with VP8, VP8L or VP8X")
