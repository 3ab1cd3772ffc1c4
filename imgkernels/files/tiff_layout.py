"""Putting a TIFF together: tags with their types, pages one after the other, TIFF or BigTIFF."""

from __future__ import annotations

import struct
from typing import NamedTuple

from imgkernels.files import tiff_page as tag

_CLASSIC = (1 << 32) - 1  # bytes that offsets of 4 bytes reach


class Value(NamedTuple):
    """The value of a tag: its type by number, how many there are, their little-endian bytes."""

    kind: int
    number: int
    body: bytes


Tags = dict[int, "Value | Tags"]  # a tag may point to a directory of its own
Page = tuple[Tags, list[bytes]]


def short(*numbers: int) -> Value:
    """Return whole numbers up to 65,535."""
    return Value(3, len(numbers), struct.pack(f"<{len(numbers)}H", *numbers))


def long(*numbers: int) -> Value:
    """Return whole numbers below 2**32."""
    return Value(4, len(numbers), struct.pack(f"<{len(numbers)}I", *numbers))


def rational(number: float) -> Value:
    """Return a number of four decimals."""
    return Value(5, 1, struct.pack("<II", round(number * 10_000), 10_000))


def undefined(body: bytes) -> Value:
    """Return bytes that mean something elsewhere."""
    return Value(7, len(body), body)


def file_of(pages: list[Page]) -> bytes:
    """Return a file of pages: tags, and the strips (or tiles, if the tags say so) they lay out.

    The tags that say where strips or tiles lie are added here. Offsets of 8 bytes (BigTIFF) are
    taken where 4 do not reach.
    """
    classic = _file_of(pages, big=False)
    parts = classic if classic is not None else _file_of(pages, big=True)
    assert parts is not None
    return b"".join(parts)


def alone(tags: Tags) -> bytes:
    """Return a TIFF of tags without pixels, as EXIF is one."""
    return struct.pack("<2sHI", b"II", 42, 8) + _directory(tags, 8, 0, False)


def _file_of(pages: list[Page], *, big: bool) -> list[bytes] | None:
    """Return the parts of the file, or None where classic offsets do not reach."""
    out = [
        struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) if big else struct.pack("<2sHI", b"II", 42, 8)
    ]
    place = len(out[0])
    for number, (tags, parts) in enumerate(pages, start=1):
        padded = [part + b"\0" * (-len(part) % 2) for part in parts]  # words begin at even places
        start = place + len(_directory(_placed(tags, parts, 0, big), place, 0, big))
        end = start + sum(map(len, padded))
        if end > _CLASSIC and not big:
            return None
        after = end if number < len(pages) else 0
        out += [_directory(_placed(tags, parts, start, big), place, after, big), *padded]
        place = end
    return out


def _placed(tags: Tags, parts: list[bytes], place: int, big: bool) -> Tags:
    """Add where the parts lie, the first at `place`, and how long they are."""
    offsets, counts = [], [len(part) for part in parts]
    for count in counts:
        offsets.append(place)
        place += count + count % 2
    tiled = tag.TILE_WIDTH in tags
    code, kind = ("Q", 16) if big else ("I", 4)
    n = len(parts)
    return tags | {
        tag.TILE_OFFSETS if tiled else tag.OFFSETS: Value(
            kind, n, struct.pack(f"<{n}{code}", *offsets)
        ),
        tag.TILE_COUNTS if tiled else tag.COUNTS: Value(
            kind, n, struct.pack(f"<{n}{code}", *counts)
        ),
    }


def _directory(tags: Tags, place: int, after: int, big: bool) -> bytes:
    """Return the directory that lies at `place`, the long values behind it."""
    offset, count, width = ("<Q", "<Q", 8) if big else ("<I", "<H", 4)
    entries = [struct.pack(count, len(tags))]
    free = place + struct.calcsize(count) + len(tags) * (4 + 2 * width) + width
    behind = []
    for number in sorted(tags):
        value = tags[number]
        if isinstance(value, dict):
            value = Value(16 if big else 4, 1, _directory(value, free, 0, big))
        kind, n, body = value
        entries.append(struct.pack("<HH", number, kind) + struct.pack(offset, n))
        if len(body) <= width:
            entries.append(body.ljust(width, b"\0"))
            continue
        entries.append(struct.pack(offset, free))
        behind.append(body + b"\0" * (len(body) % 2))
        free += len(behind[-1])
    return b"".join([*entries, struct.pack(offset, after), *behind])
