"""Reading PNM: PBM, PGM and PPM (plain and raw), PAM, and PFM."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import inks
from imgkernels.files.decoded import Decoded
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image
from imgkernels.values import Array

_COMMENT = re.compile(rb"#[^\r\n]*")
_WORD = re.compile(rb"(?>\s+|#[^\r\n]*)*+([^\s#]+)")
_PAM_LINE = re.compile(rb"\s*(?>#[^\n]*\n\s*)*+(ENDHDR|[A-Z]+[ \t]+[^\n]*?)[ \t\r]*\n")
_LONGEST_NUMBER = 20  # digits of a plain value

_NAMES = {b"P1": "pbm", b"P2": "pgm", b"P3": "ppm", b"P4": "pbm", b"P5": "pgm", b"P6": "ppm",
          b"P7": "pam", b"PF": "pfm", b"Pf": "pfm"}  # fmt: skip
Run = tuple[Array, tuple[str, ...]]
_COLOUR = (b"P3", b"P6", b"PF")


@dataclass(frozen=True)
class Header:
    """The words before the pixels: `most` is white, or PFM's scale; pixels begin at `start`.

    `inks`: the four samples are cyan, magenta, yellow and black.
    """

    magic: bytes
    width: int
    height: int
    samples: int
    most: float
    start: int
    inks: bool = False

    def shaped(self, values: Array) -> Array:
        """Give a run of values the shape of the picture."""
        grey = self.samples == 1
        return values.reshape((self.height, self.width) + (() if grey else (self.samples,)))

    def run(self, data: bytes, dtype: str, count: int, wanted: Wanted) -> Run:
        """Return `count` raw values, and a note if they are not all there or a picture follows."""
        end = self.start + count * np.dtype(dtype).itemsize
        if end > len(data):
            note = wanted.cut("values are missing")
            return np.frombuffer(data.ljust(end, b"\0"), dtype, count, self.start), (note,)
        more = data[end : end + 2] == self.magic
        notes = ("the file holds more pictures; this is the first",) if more else ()
        return np.frombuffer(data, dtype, count, self.start), notes


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read the first picture; white below that of 8 or 16 bits is brought up to it, with a note."""
    head = _pam(data) if data[:2] == b"P7" else _header(data)
    wanted.admit(head.width, head.height)
    wanted.one_of(1, "pictures")
    return _decoded(data, head, wanted).image(_NAMES[head.magic])


def _decoded(data: bytes, head: Header, wanted: Wanted) -> Decoded:
    count = head.width * head.height * head.samples
    if head.magic in (b"PF", b"Pf"):
        values, notes = head.run(data, "<f4" if head.most < 0 else ">f4", count, wanted)
        return Decoded(head.shaped(values)[::-1], notes=notes)  # the bottom row comes first
    if head.magic == b"P4":
        row = -(-head.width // 8)
        packed, notes = head.run(data, "u1", row * head.height, wanted)
        bits = np.unpackbits(packed.reshape(head.height, row), axis=1)[:, : head.width]
        return Decoded((1 - bits) * np.uint8(255), notes=notes)
    if head.magic in (b"P1", b"P2", b"P3"):
        values, notes = _plain(data, head, count, wanted)
    else:
        values, notes = head.run(data, "u1" if head.most < 256 else ">u2", count, wanted)
    pixels, note = _spread(head.shaped(values), int(head.most))
    if head.inks:
        return Decoded(inks.rgb_of(pixels), notes=(*notes, *note, inks.NOTE))
    if head.magic == b"P1":
        return Decoded(255 - pixels, notes=notes)  # 1 is black
    return Decoded(pixels, head.samples in (2, 4), notes + note)


def _plain(data: bytes, head: Header, count: int, wanted: Wanted) -> Run:
    """Return numbers written as text; those of PBM may stand without a space between."""
    text = _COMMENT.sub(b"", data[head.start :])
    words = list(map(bytes, zip(b"".join(text.split())))) if head.magic == b"P1" else text.split()
    notes = (wanted.cut("values are missing"),) if len(words) < count else ()
    words += [b"0"] * (count - len(words))
    if not all(word.isdigit() and len(word) <= _LONGEST_NUMBER for word in words[:count]):
        raise FileProblem("is damaged: a value is no whole number")
    values = np.array(words[:count]).astype(np.uint64)
    if (values > head.most).any():
        raise FileProblem(f"is damaged: a value is above {head.most:.0f}")
    return values.astype(np.uint8 if head.most < 256 else np.uint16), notes


def _spread(values: Array, most: int) -> tuple[Array, tuple[str, ...]]:
    full = 255 if most < 256 else 65_535
    if most == full:
        return values, ()
    if (values > most).any():
        raise FileProblem(f"is damaged: a value is above {most}")
    pixels = np.rint(values / most * full).astype(np.uint8 if full == 255 else np.uint16)
    return pixels, (f"values up to {most} were spread to {full}",) if most > 1 else ()


def _header(data: bytes) -> Header:
    magic, place = data[:2], 2
    words: list[bytes] = []
    while len(words) < (2 if magic in (b"P1", b"P4") else 3):
        match = _WORD.match(data, place)
        if match is None or match.end() == len(data):
            raise FileProblem("is truncated within its header")
        words.append(match[1])
        place = match.end()
    width, height = _number(words[0]), _number(words[1])
    samples = 3 if magic in _COLOUR else 1
    if magic in (b"PF", b"Pf"):
        scale = float(words[2].decode("ascii", "replace"))
        if not np.isfinite(scale) or scale == 0:
            raise FileProblem(f"is damaged: its scale is {scale}")
        return Header(magic, width, height, samples, scale, place + 1)
    most = _number(words[2]) if len(words) == 3 else 1
    return _checked(Header(magic, width, height, samples, most, place + 1))


def _pam(data: bytes) -> Header:
    found: dict[bytes, bytes] = {}
    place = 2
    while (match := _PAM_LINE.match(data, place)) and match[1] != b"ENDHDR":
        key, value = match[1].split(None, 1)
        found[key] = value
        place = match.end()
    if match is None or not {b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL"} <= found.keys():
        raise FileProblem("is damaged: its header is not that of a PAM")
    width, height, depth, most = (
        _number(found[k]) for k in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
    )
    if not 1 <= depth <= 4:
        raise FileProblem(f"holds {depth} samples per pixel; 1 to 4 are read")
    inked = found.get(b"TUPLTYPE", b"").startswith(b"CMYK")
    if inked and depth != 4:
        raise FileProblem(f"holds CMYK of {depth} samples per pixel; 4 are read")
    return _checked(Header(b"P7", width, height, depth, most, match.end(), inked))


def _number(word: bytes) -> int:
    if not word.isdigit() or len(word) > _LONGEST_NUMBER:
        raise FileProblem("is damaged: a number of its header is none")
    return int(word)


def _checked(head: Header) -> Header:
    if not 1 <= head.most <= 65_535:
        raise FileProblem(f"is damaged: its white is {head.most:.0f}, not 1 to 65,535")
    return head
