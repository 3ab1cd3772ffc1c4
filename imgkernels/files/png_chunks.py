"""The chunks of a PNG, each checked: lengths, checksums, header, and the packed pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.wanted import Wanted

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 200_000
_MOST_BODY = 1 << 30  # bytes; the format allows twice as many
_MOST_TEXT = 1 << 24  # bytes of one profile or text, unpacked
_PIXELS = (b"IDAT", b"fdAT")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_SIZES = {b"IHDR": 13, b"pHYs": 9, b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"acTL": 8, b"fcTL": 26}
_LAST_FILTER = 4
_PIECE = 1 << 16

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
_SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
_DEPTHS = {GREY: (1, 2, 4, 8, 16), PALETTE: (1, 2, 4, 8)}

# Adam7: first column and row of each pass, and the steps (PNG, 8.2).
_PASSES = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
    (0, 1, 1, 2),
)  # fmt: skip


@dataclass(frozen=True)
class Header:
    """What the first chunk says."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    @property
    def blocks(self) -> list[tuple[int, int]]:
        """The rows and bytes per row (filter byte counted) of each pass."""
        found = []
        for x, y, dx, dy in _PASSES if self.interlaced else ((0, 0, 1, 1),):
            columns, rows = -(-(self.width - x) // dx), -(-(self.height - y) // dy)
            if columns > 0 and rows > 0:
                found.append((rows, 1 + -(-columns * _SAMPLES[self.colour] * self.depth // 8)))
        return found

    def packed(self) -> bytes:
        """Return the chunk's body."""
        return struct.pack(
            ">IIBBBBB", self.width, self.height, self.depth, self.colour, 0, 0, self.interlaced
        )


@dataclass(frozen=True)
class Png:
    """A file whose chunks are whole: names and bodies in order, the end excluded.

    `wanted` says whether rows may be missing.
    """

    header: Header
    chunks: tuple[tuple[bytes, bytes], ...]
    notes: tuple[str, ...]
    wanted: Wanted

    @cached_property
    def _first(self) -> dict[bytes, bytes]:
        return dict(reversed(self.chunks))

    def first(self, name: bytes) -> bytes | None:
        """Return the body of the first chunk of this name."""
        return self._first.get(name)

    @property
    def words(self) -> list[bytes]:
        """The bodies of all texts."""
        return [body for name, body in self.chunks if name in _TEXTS]

    def text(self, keyword: bytes) -> bytes:
        """Return the first text with this keyword, unpacked; nothing if there is none."""
        start = keyword + b"\0"
        for name, body in self.chunks:
            if name in _TEXTS and body.startswith(start):
                return _text(name, body[len(start) :])
        return b""

    def rows(self) -> bytes:
        """Return the filtered rows, unpacked; their length and their filters are checked."""
        return b"".join(self.strips(max(rows for rows, _ in self.header.blocks)))

    def strips(self, rows: int) -> Iterator[bytes]:
        """Yield the filtered rows, so many at a time, pass by pass."""
        stream = _Unpacked(body for name, body in self.chunks if name == b"IDAT")
        for total, width in self.header.blocks:
            for first in range(0, total, rows):
                size = min(rows, total - first) * width
                raw = stream.read(size)
                if len(raw) < size:
                    self.wanted.cut("rows of pixels are missing")
                    raw = raw.ljust(size, b"\0")
                if np.frombuffer(raw, np.uint8)[::width].max() > _LAST_FILTER:
                    raise FileProblem("is damaged: a row has an unknown filter")
                yield raw


class _Unpacked:
    """Packed pieces, unpacked as far as one reads."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        # In small pieces: what is left of one is copied each time that one reads.
        self._pieces = (
            piece[i : i + _PIECE] for piece in pieces for i in range(0, len(piece), _PIECE)
        )
        self._unpacker = zlib.decompressobj()
        self._left: bytes = b""

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer at the end; raise `FileProblem` for what is damaged."""
        found: list[bytes] = []
        while size > 0 and not self._unpacker.eof:
            piece = self._left or next(self._pieces, None)
            if piece is None:
                break
            try:
                found.append(self._unpacker.decompress(piece, size))
            except zlib.error as error:
                raise FileProblem("is damaged: its pixels cannot be unpacked") from error
            self._left = self._unpacker.unconsumed_tail
            size -= len(found[-1])
        return b"".join(found)


def parse(data: bytes, wanted: Wanted) -> Png:
    """Read all chunks, the size first; refuse a file that is cut or damaged in what matters."""
    notes: list[str] = []
    chunks: list[tuple[bytes, bytes]] = []
    header: Header | None = None
    for name, body, sound in _walked(memoryview(data), wanted, notes):
        if len(body) != _SIZES.get(name, len(body)):
            raise FileProblem(f"is damaged: chunk {name.decode()} has the wrong length")
        if not sound:
            if not name[0] & 0x20:  # upper case: a reader cannot do without it
                raise FileProblem("is damaged: the checksum of a chunk is wrong")
            notes.append(f"chunk {name.decode('ascii', 'replace')} is damaged and was left out")
            continue
        chunks.append((name, body))
        if len(chunks) > _MOST_CHUNKS:
            raise FileProblem(f"has more than {_MOST_CHUNKS:,} chunks")
        if header is None:
            header = _header(name, body)
            wanted.admit(header.width, header.height)
    if header is None or not any(name == b"IDAT" for name, _ in chunks):
        raise FileProblem("is damaged: it has no pixels")
    return Png(header, tuple(chunks), tuple(notes), wanted)


def _walked(
    view: memoryview, wanted: Wanted, notes: list[str]
) -> Iterator[tuple[bytes, bytes, bool]]:
    """Yield name, body, and whether the checksum is right, to the end mark.

    Of a file that is cut, and may be, the pixels that are there come last, with a note.
    """
    place = len(SIGNATURE)
    while place + 12 <= len(view):
        length, name = struct.unpack_from(">I4s", view, place)
        body = view[place + 8 : place + 8 + length]
        place += 12 + length
        if place > len(view):
            notes.append(wanted.cut("it ends within a chunk"))
            if name in _PIXELS:
                yield name, cast(bytes, body), True
            return
        (crc,) = struct.unpack_from(">I", view, place - 4)
        sound = zlib.crc32(body, zlib.crc32(name)) == crc
        if name == b"IEND" and sound:
            return
        # Pixels are bytes as much as anybody asks, without a copy of them.
        yield name, cast(bytes, body) if name in _PIXELS else bytes(body), sound
    notes.append(wanted.cut("the end of the PNG is missing"))


def file_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these names and bodies, and its end; bodies are copied once."""
    parts: list[bytes | memoryview] = [SIGNATURE]
    for name, body in (*chunks, (b"IEND", b"")):
        for start in range(0, len(body) or 1, _MOST_BODY):  # only pixels are ever so long
            piece = memoryview(body)[start : start + _MOST_BODY]
            crc = zlib.crc32(piece, zlib.crc32(name))
            parts += [struct.pack(">I", len(piece)), name, piece, struct.pack(">I", crc)]
    return b"".join(parts)


def unpacked(data: bytes) -> bytes:
    """Inflate a small thing; refuse what grows beyond 16 MiB."""
    unpacker = zlib.decompressobj()
    found = unpacker.decompress(data, _MOST_TEXT)
    if not unpacker.eof:
        raise zlib.error("too long, or cut")
    return found


def _header(name: bytes, body: bytes) -> Header:
    if name != b"IHDR" or len(body) != _SIZES[name]:
        raise FileProblem("is damaged: it does not begin with a header")
    width, height, depth, colour, packing, filters, interlace = struct.unpack(">IIBBBBB", body)
    if colour not in _SAMPLES or depth not in _DEPTHS.get(colour, (8, 16)):
        raise FileProblem(f"is damaged: {depth} bits of colour type {colour} do not exist")
    if packing or filters or interlace > 1:
        raise FileProblem("is damaged: its header asks for an unknown method")
    return Header(width, height, depth, colour, bool(interlace))


def _text(name: bytes, rest: bytes) -> bytes:
    """Return the text of a chunk behind its keyword; what cannot be unpacked says nothing."""
    try:
        if name == b"tEXt":
            return rest
        if name == b"zTXt":
            return unpacked(rest[1:])
        text = rest[2:].split(b"\0", 2)[2]
        return unpacked(text) if rest[0] else text
    except (zlib.error, IndexError):
        return b""
