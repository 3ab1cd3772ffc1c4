"""The blocks of a GIF, walked without unpacking a pixel: sizes, times, disposals, the end."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from imgkernels.errors import FileProblem
from imgkernels.files.wanted import Wanted

_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
_CONTROL, _APPLICATION, _COMMENT = 0xF9, 0xFF, 0xFE
_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


class Piece(NamedTuple):
    """One picture of the file: what its control block says, and where it and its codes lie."""

    disposal: int
    centiseconds: int
    pixels: int
    right: int
    bottom: int
    codes: int
    end: int


@dataclass(frozen=True)
class Gif:
    """A file whose blocks were walked to the end.

    `repeats` is None where no loop is asked for. `whole` says that the end mark was there; `rest`
    is how many bytes are missing of the sub-block in which the file was cut, if it was in one.
    """

    width: int
    height: int
    pieces: tuple[Piece, ...]
    repeats: int | None
    comment: bool
    whole: bool
    rest: int | None

    @property
    def end(self) -> bytes:
        """What must be put behind a file that was cut: codes of colour 0, and the end mark."""
        if self.rest is None or not self.pieces:
            return bytes([_END])
        blocks = self.pieces[-1].pixels * 3 // 2 // 255 + 1  # a code is at most 12 bits long
        return bytes(self.rest) + (b"\xff" + bytes(255)) * blocks + bytes([0, _END])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height that hold the screen and every picture, as Pillow makes the canvas."""
        return (
            max([self.width, *(piece.right for piece in self.pieces)]),
            max([self.height, *(piece.bottom for piece in self.pieces)]),
        )


def walk(data: bytes, wanted: Wanted) -> Gif:
    """Walk all blocks; refuse a screen that is too large at once, and a file without a picture."""
    walker = _Walker(data)
    gif = walker.walk()
    if not gif.pieces:
        raise FileProblem("is truncated: it ends before its first picture is whole")
    wanted.admit(*gif.size)
    return gif


class _Walker:
    """Where the walk is, and what it has found."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 13
        self.control = (0, 0)
        self.pieces: list[Piece] = []
        self.repeats: int | None = None
        self.comment = False
        self.block = 0  # where the next sub-block begins, of those that are passed over

    def walk(self) -> Gif:
        if len(self.data) < self.place:
            raise FileProblem("is truncated within its header")
        width, height, flags = struct.unpack_from("<HHB", self.data, 6)
        self.place += _palette(flags)
        try:
            whole = self._blocks()
        except IndexError:  # a block lies beyond the end
            whole = False
        said = tuple(self.pieces), self.repeats, self.comment
        rest = self.block - len(self.data) if self.block else None
        return Gif(width, height, *said, whole, rest)

    def _blocks(self) -> bool:
        """Walk all blocks; return whether the end mark was there, raise IndexError for a cut."""
        while self.place < len(self.data):
            kind = self.data[self.place]
            if kind == _END:
                return True
            if kind == _EXTENSION:
                self._extension(self.data[self.place + 1])
            elif kind == _IMAGE:
                self._image()
            else:  # as browsers do, what is no block is passed over
                self.place += 1
        return False

    def _extension(self, label: int) -> None:
        first = self.place + 2
        size = self.data[first]
        body = self.data[first + 1 : first + 1 + size]
        if label == _CONTROL and size >= 4:
            self.control = (body[0] >> 2 & 7, int.from_bytes(body[1:3], "little"))
        self.comment |= label == _COMMENT
        if (
            label == _APPLICATION
            and body in _LOOPS
            and self.data[first + 12 : first + 14] == b"\3\1"
        ):
            self.repeats = int.from_bytes(self.data[first + 14 : first + 16], "little")
        self._pass_over(first)

    def _image(self) -> None:
        x, y, width, height, flags = struct.unpack_from("<4HB", self._room(10), 1)
        codes = self.place + 10 + _palette(flags)
        if codes + 1 >= len(self.data):
            raise IndexError
        self.pieces.append(Piece(*self.control, width * height, x + width, y + height, codes, 0))
        self.control = (0, 0)
        self._pass_over(codes + 1)
        self.pieces[-1] = self.pieces[-1]._replace(end=self.place)

    def _room(self, size: int) -> bytes:
        found = self.data[self.place : self.place + size]
        if len(found) < size:
            raise IndexError
        return found

    def _pass_over(self, place: int) -> None:
        """Go behind the sub-blocks that begin at `place`, each of which tells its length."""
        self.block = place
        while (size := self.data[self.block]) != 0:
            self.block += 1 + size
        self.place, self.block = self.block + 1, 0


def _palette(flags: int) -> int:
    """Return the bytes of the palette that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
