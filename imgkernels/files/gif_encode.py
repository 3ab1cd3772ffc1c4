"""Writing GIF: frames whole, each with its own palette: exact up to 256 colours."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import NamedTuple

import numpy as np

from imgkernels.files.gif_blocks import walk
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image
from imgkernels.values import Array

MOST_COLOURS = 256
_CLEARED = 2
_MOST_CENTISECONDS = 65_535
_HALF = 128  # alpha from which a pixel is shown


class Indexed(NamedTuple):
    """A picture as places in a palette; `clear` is the place of what is transparent."""

    indices: Array
    palette: Array
    clear: int | None


def encode(image: Image) -> bytes:
    """Return a GIF of one picture."""
    return encode_frames(Frames.of(image))


def encode_frames(frames: Frames) -> bytes:
    """Return a GIF of all frames, with their times, disposals and loop.

    A disposal is kept, but a frame before one with holes is cleared: whole frames are drawn over
    what was there.
    """
    see_through = any(_hidden(image).any() for image in frames)
    height, width = frames.images[0].pixels.shape[:2]
    parts = [struct.pack("<6sHHBBB", b"GIF89a", width, height, 0x70, 0, 0)]
    if frames.animated and frames.plays != 1:
        repeats = max(0, frames.plays - 1)
        parts.append(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", repeats, 0))
    for number, image in enumerate(frames):
        found = indexed(image, see_through)
        following = frames.images[number + 1 : number + 2]
        showing = frames.showings[number] if frames.animated else Showing()
        cleared = any(_hidden(each).any() for each in following)
        disposal = _CLEARED if cleared else showing.disposal
        if frames.animated or see_through:
            parts.append(_control(disposal, showing.milliseconds, found.clear))
        parts.append(_picture(found))
    return b"".join([*parts, b";"])


def reduced(image: Image) -> bool:
    """Tell whether the picture has more colours, or more of alpha, than a GIF holds."""
    x = image.pixels
    if x.ndim == 2:
        return False
    partly = image.alpha and bool(((x[..., -1] > 0) & (x[..., -1] < 255)).any())
    return partly or len(np.unique(_codes(image))) > MOST_COLOURS


def indexed(image: Image, see_through: bool) -> Indexed:
    """Return places and palette: exact where the colours are few enough, else by median cut."""
    if image.pixels.ndim == 2 and not see_through:
        ramp = np.arange(MOST_COLOURS, dtype=np.uint8)
        return Indexed(image.pixels, np.repeat(ramp[:, None], 3, axis=1), None)
    room = MOST_COLOURS - see_through
    codes = _codes(image)
    hidden = _hidden(image)
    colours = np.unique(codes[~hidden])
    if len(colours) <= room:
        indices = np.searchsorted(colours, codes).clip(0, MOST_COLOURS - 1)
        palette = colours.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    else:
        indices, palette = _quantised(image.pixels[..., :3], room)
    clear = len(palette) if see_through else None
    indices = np.where(hidden, len(palette), indices).astype(np.uint8)
    return Indexed(indices, palette, clear)


def _hidden(image: Image) -> Array:
    x = image.pixels
    return x[..., -1] < _HALF if image.alpha else np.zeros(x.shape[:2], bool)


def _codes(image: Image) -> Array:
    """Return each colour as one number."""
    x = image.pixels.astype(np.uint32)
    rgb = x[..., None].repeat(3, axis=2) if x.ndim == 2 else x
    return rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]


def _quantised(rgb: Array, room: int) -> tuple[Array, Array]:
    import PIL.Image

    found = PIL.Image.fromarray(np.ascontiguousarray(rgb)).quantize(
        room, PIL.Image.Quantize.MEDIANCUT, dither=PIL.Image.Dither.NONE
    )
    palette = np.array(found.getpalette(), np.uint8).reshape(-1, 3)[:room]
    return np.asarray(found), palette


def _control(disposal: int, milliseconds: float, clear: int | None) -> bytes:
    flags = disposal << 2 | (clear is not None)
    wait = min(round(milliseconds / 10), _MOST_CENTISECONDS)
    return b"!\xf9\x04" + struct.pack("<BHBB", flags, wait, clear or 0, 0)


def _picture(found: Indexed) -> bytes:
    """Return the block of one picture: its palette, and its places as Pillow packs them."""
    import PIL.Image
    from PIL import GifImagePlugin  # noqa: F401 - registers the format

    height, width = found.indices.shape
    out = BytesIO()
    PIL.Image.fromarray(found.indices).save(out, "GIF", interlace=0, optimize=False)
    (piece,) = walk(out.getvalue(), Wanted(max_pixels=height * width)).pieces
    bits = max(1, (len(found.palette) + (found.clear is not None) - 1).bit_length())
    palette = found.palette.tobytes().ljust(3 << bits, b"\0")
    head = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0x80 | bits - 1)
    return head + palette + out.getvalue()[piece.codes : piece.end]
