"""Animated PNG: each frame is a still PNG of its own, laid over the others as the file says.

At any depth: Pillow, which knows animations, reads 8 bits, and lays half-transparent pixels over
others by a rule that is not the format's.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import png_pixels
from imgkernels.files.png_chunks import Png
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image
from imgkernels.values import Array

_BACKGROUND, _PREVIOUS = 1, 2  # what becomes of a frame; ours count from 1
_OVER = 1
_MOST_PART = 65_535


class Piece(NamedTuple):
    """One frame as the file has it: where it lies, how it is shown, its chunks of pixels."""

    x: int
    y: int
    png: Png
    milliseconds: float
    disposal: int
    blend: int


def count(png: Png) -> int:
    """Count the frames; the picture before the animation counts if it is not its first.

    No more than there are chunks for, whatever the file claims.
    """
    names = [name for name, _ in png.chunks]
    control = png.first(b"acTL")
    start = names.index(b"IDAT")
    if control is None or names.index(b"acTL") > start:
        return 1
    frames = min(int.from_bytes(control[:4], "big"), names.count(b"fcTL"))
    return max(1, frames + has_cover(png))


def has_cover(png: Png) -> bool:
    """Tell whether the picture that others show is no part of the animation."""
    names = [name for name, _ in png.chunks]
    return b"fcTL" not in names[: names.index(b"IDAT")]


def plays(png: Png) -> int:
    """Return how often the animation runs, 0 for ever."""
    return int.from_bytes((png.first(b"acTL") or bytes(8))[4:], "big")


def shown(png: Png) -> Iterator[tuple[Array, Showing]]:
    """Yield each frame whole, and how it is shown, the cover first."""
    if has_cover(png):
        yield png_pixels.still(png), Showing()
    canvas: Array | None = None
    for number, piece in zip(range(count(png) - has_cover(png)), _pieces(png), strict=False):
        pixels = png_pixels.still(piece.png)
        if canvas is None:
            size = png.header.height, png.header.width
            canvas = np.zeros((*size, *pixels.shape[2:]), pixels.dtype)
        where = np.s_[piece.y : piece.y + pixels.shape[0], piece.x : piece.x + pixels.shape[1]]
        before = canvas[where].copy() if piece.disposal == _PREVIOUS else None
        canvas[where] = _over(pixels, canvas[where]) if piece.blend == _OVER else pixels
        yield canvas.copy(), Showing(piece.milliseconds, piece.disposal + 1)
        if piece.disposal == _BACKGROUND or (piece.disposal == _PREVIOUS and number == 0):
            canvas[where] = 0
        elif before is not None:
            canvas[where] = before


def _pieces(png: Png) -> Iterator[Piece]:
    """Yield the frames of the animation; one without pixels is refused."""
    before = [(n, b) for n, b in png.chunks if n in (b"PLTE", b"tRNS")]
    control: bytes | None = None
    pixels: list[tuple[bytes, bytes]] = []
    for name, body in (*png.chunks, (b"fcTL", b"")):
        if name == b"fcTL":
            if control is not None:
                yield _piece(png, control, [*before, *pixels])
            control, pixels = body, []
        elif name == b"IDAT" and control is not None:
            pixels.append((name, body))
        elif name == b"fdAT":
            pixels.append((b"IDAT", body[4:]))


def _piece(png: Png, control: bytes, chunks: list[tuple[bytes, bytes]]) -> Piece:
    width, height, x, y, part, whole, disposal, blend = struct.unpack(">4x4IHHBB", control)
    if not any(name == b"IDAT" for name, _ in chunks):
        raise FileProblem("is damaged: a frame has no pixels")
    if min(width, height) < 1 or x + width > png.header.width or y + height > png.header.height:
        raise FileProblem("is damaged: a frame lies outside of the picture")
    if disposal > _PREVIOUS or blend > _OVER:
        raise FileProblem("is damaged: a frame is laid on in an unknown way")
    header = replace(png.header, width=width, height=height)
    milliseconds = 1000 * part / (whole or 100)
    return Piece(x, y, replace(png, header=header, chunks=tuple(chunks)), milliseconds,
                 disposal, blend)  # fmt: skip


def _over(above: Array, below: Array) -> Array:
    """Lay straight colours over others (PNG, 13.16); without alpha they cover."""
    if above.ndim == 2 or above.shape[2] not in (2, 4):
        return above
    white = np.iinfo(above.dtype).max
    alpha, under = above[..., -1:] / white, below[..., -1:] / white
    rest = under * (1 - alpha)
    shown = alpha + rest
    colours = above[..., :-1] * alpha + below[..., :-1] * rest
    mixed = np.divide(colours, shown, out=np.zeros_like(colours), where=shown > 0)
    laid = np.rint(np.concatenate([mixed, shown * white], axis=2)).astype(above.dtype)
    return np.where(alpha == 1, above, np.where(alpha == 0, below, laid))


def chunks_of(frames: Frames, packed: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of an animation, `packed` the rows of its pictures; numbers count chunks."""
    yield b"acTL", struct.pack(">II", len(frames) - frames.cover, frames.plays)
    number = 0
    for index, (image, showing) in enumerate(zip(frames, frames.showings, strict=True)):
        if index or not frames.cover:
            yield b"fcTL", struct.pack(">I", number) + _control(image, showing)
            number += 1
        if not index:
            yield b"IDAT", next(packed)
        else:
            yield b"fdAT", struct.pack(">I", number) + next(packed)
            number += 1


def _control(image: Image, showing: Showing) -> bytes:
    height, width = image.pixels.shape[:2]
    from fractions import Fraction

    time = Fraction(showing.milliseconds / 1000).limit_denominator(_MOST_PART)
    parts = min(time.numerator, _MOST_PART), time.denominator
    disposal = min(max(0, showing.disposal - 1), _PREVIOUS)
    return struct.pack(">IIIIHHBB", width, height, 0, 0, *parts, disposal, 0)
