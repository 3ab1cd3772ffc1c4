"""The container of a WebP: its chunks walked, an animation put together (RFC 9649, 2.3 to 2.7)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from imgkernels.errors import FileProblem
from imgkernels.frames import Frames, Showing

_CLEARED = 2
_DISPOSE, _DO_NOT_BLEND = 1, 2
ANIMATION, _ALPHA, _PROFILE, _EXIF = 0x02, 0x10, 0x20, 0x08
_MOST_MILLISECONDS = (1 << 24) - 1
_MOST_PLAYS = 65_535
_PIXELS = (b"ALPH", b"VP8 ", b"VP8L")


class Animation(NamedTuple):
    """How the frames of a file are shown."""

    showings: tuple[Showing, ...]
    plays: int


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield names and bodies; refuse a file that ends before its chunks do."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) + 1:  # the padding of the last chunk is often left out
        raise FileProblem("is truncated: it is shorter than it says")
    place = 12
    while place + 8 <= min(end, len(data)):
        name, size = struct.unpack_from("<4sI", data, place)
        if place + 8 + size > len(data):
            raise FileProblem("is truncated within a chunk")
        yield name, data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def mended(data: bytes, most: int) -> bytes:
    """Return a file without its chunks that are missing, and with zeros for the rest of a cut one.

    `most`: how many bytes such a rest may have, whatever the file says.
    """
    place = 12
    while place + 8 <= len(data):
        (size,) = struct.unpack_from("<I", data, place + 4)
        place += 8 + size + size % 2
    if place - len(data) > most:
        raise FileProblem("is truncated, and more is missing than its pixels can take")
    body = data[8:] + bytes(max(0, place - len(data)))
    return data[:4] + struct.pack("<I", len(body)) + body


def animation_of(data: bytes) -> Animation:
    """Return how many frames there are and how each is shown; none for a still picture."""
    showings, plays = [], 1
    for name, body in chunks(data):
        if name == b"ANIM" and len(body) >= 6:
            plays = int.from_bytes(body[4:6], "little")
        if name == b"ANMF" and len(body) >= 16:
            disposal = _CLEARED if body[15] & _DISPOSE else 1
            showings.append(Showing(float(int.from_bytes(body[12:15], "little")), disposal))
    return Animation(tuple(showings), plays)


def animated(frames: Frames, encoded: list[bytes]) -> bytes:
    """Return a file of frames, each of which came encoded as a still WebP."""
    metadata = frames.images[0].metadata
    height, width = frames.images[0].pixels.shape[:2]
    flags = ANIMATION | _ALPHA * frames.images[0].alpha
    flags |= _PROFILE * bool(metadata.icc) | _EXIF * bool(metadata.exif)
    parts = [_chunk(b"VP8X", struct.pack("<I", flags) + _size(width, height))]
    if metadata.icc:
        parts.append(_chunk(b"ICCP", metadata.icc))
    parts.append(_chunk(b"ANIM", struct.pack("<IH", 0, min(frames.plays, _MOST_PLAYS))))
    for showing, still in zip(frames.showings, encoded, strict=True):
        wait = min(round(showing.milliseconds), _MOST_MILLISECONDS).to_bytes(3, "little")
        how = _DO_NOT_BLEND | _DISPOSE * (showing.disposal == _CLEARED)
        pixels = b"".join(_chunk(name, body) for name, body in chunks(still) if name in _PIXELS)
        head = bytes(6) + _size(width, height) + wait + bytes([how])
        parts.append(_chunk(b"ANMF", head + pixels))
    if metadata.exif:
        parts.append(_chunk(b"EXIF", metadata.exif))
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _size(width: int, height: int) -> bytes:
    return (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
