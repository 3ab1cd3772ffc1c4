"""What stands before the pixels of a JPEG: its segments, and what they say of the picture."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from imgkernels.errors import FileProblem
from imgkernels.files import tiff_tags

SCAN, FRAMES = 0xDA, (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_MARK = 0xFF
_END = b"\xff\xd9"
_JFIF, _APP1, _APP2, _COMMENT = 0xE0, 0xE1, 0xE2, 0xFE
EXIF, ICC, _XMP = b"Exif\0\0", b"ICC_PROFILE\0", b"http://ns.adobe.com/xap/1.0/\0"
_TABLES = {0xC4, 0xDB, 0xDD}  # Huffman, quantisation, restarts
_PASSED = {*_TABLES, *range(0xE3, 0xF0)}  # and what programs say, of which nothing is read here
_MOST = 1_000  # segments; a hostile file is nothing else
_RESOLUTION, _UNIT, _RATIONAL, _INCH = 282, 296, 5, 2  # of EXIF


class Segment(NamedTuple):
    """A segment by its marker; `body` begins at `at`."""

    marker: int
    at: int
    body: bytes


@dataclass(frozen=True)
class Head:
    """Size and channels, and what else is said, by the names that Pillow gives to it."""

    size: tuple[int, int]
    channels: int
    info: dict[str, Any]


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments that follow each other, to the scan's head; fewer where it is broken."""
    at = 2
    while at + 4 <= len(data) and data[at] == _MARK:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield Segment(marker, at + 4, data[at + 4 : end])
        if marker == SCAN:
            return
        at = end


def head_of(data: bytes) -> Head | None:
    """Return the head of a whole file of one picture; None for what is broken or rare.

    Pillow knows more of what there is in the world, and says what is wrong.
    """
    found = list(islice(segments(data), _MOST))
    place = next((n for n, each in enumerate(found) if each.marker in FRAMES), -1)
    if place < 0 or found[-1].marker != SCAN or not data.endswith(_END):
        return None
    frame, info = found[place].body, _info(found[:place])
    if info is None or any(each.marker not in _TABLES for each in found[place + 1 : -1]):
        return None
    if len(frame) < 6 or frame[0] != 8 or frame[5] not in (1, 3):
        return None
    height, width = struct.unpack_from(">HH", frame, 1)
    return Head((width, height), frame[5], info)


def _info(found: Iterable[Segment]) -> dict[str, Any] | None:
    info: dict[str, Any] = {}
    profile = []
    for marker, _, body in found:
        if marker == _JFIF and body.startswith(b"JFIF\0") and len(body) >= 12:
            info |= _density(body)
        elif marker == _APP1 and body.startswith(EXIF) and "exif" not in info:
            info["exif"] = body
        elif marker == _APP1 and body.startswith(_XMP):
            info["xmp"] = body[len(_XMP) :]
        elif marker == _APP2 and body.startswith(ICC):
            profile.append(body)
        elif marker == _COMMENT:
            info["comment"] = body
        elif marker not in _PASSED:
            return None
    if profile:
        parts = sorted(profile)
        if any(len(part) < 14 for part in parts) or parts[0][13] != len(parts):
            return None
        info["icc_profile"] = b"".join(part[14:] for part in parts)
    return _with_resolution(info)


def _density(body: bytes) -> dict[str, Any]:
    unit, x, y = struct.unpack_from(">BHH", body, 7)
    return {"jfif_unit": unit, "jfif_density": (x, y)} | ({"dpi": (x, y)} if unit == 1 else {})


def _with_resolution(info: dict[str, Any]) -> dict[str, Any] | None:
    """Take the resolution from EXIF where JFIF has none; None where it is not said plainly."""
    if "exif" not in info or info.get("jfif_unit") in (1, 2):
        return info
    try:
        directory = tiff_tags.first_directory(info["exif"].removeprefix(EXIF))
        entry = directory.entries.get(_RESOLUTION)
        plain = entry and (entry.kind, entry.number) == (_RATIONAL, 1)
        if not plain or directory.integer(_UNIT, 0) != _INCH:
            return None
        above, below = directory.numbers(_RESOLUTION).tolist()
    except (FileProblem, ValueError, OverflowError, struct.error):
        return None
    return info | {"dpi": (above / below,) * 2} if below else None
