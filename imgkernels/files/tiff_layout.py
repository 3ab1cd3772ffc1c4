"""Putting a TIFF together: tags with their types, pages one after the other, TIFF or BigTIFF."""

from __future__ import annotations

import itertools
import struct
from typing import NamedTuple

from imgkernels.files import tiff_page as tag

CLASSIC = (1 << 32) - 1  # bytes that offsets of 4 bytes reach


class Value(NamedTuple):
    """The value of a tag: its type by number, how many there are, their little-endian bytes."""

    kind: int
    number: int
    body: bytes


Tags = dict[int, "Value | Tags"]  # a tag may point to a directory of its own
Page = tuple[Tags, list[bytes]]


class Layout(NamedTuple):
    """Where everything lies: what to write at which place, and where each page's parts go."""

    heads: list[tuple[int, bytes]]
    starts: list[list[int]]
    size: int


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


def file_of(pages: list[Page], *, big: bool = False) -> bytes:
    """Return a file of pages: tags, and the strips (or tiles, if the tags say so) they lay out.

    The tags that say where strips or tiles lie are added here. Offsets of 8 bytes (BigTIFF) are
    taken where 4 do not reach.
    """
    layout = laid_out([(tags, [len(part) for part in parts]) for tags, parts in pages], big=big)
    out = [body for _, body in layout.heads[:1]]
    for (_, parts), (_, directory) in zip(pages, layout.heads[1:], strict=True):
        out += [directory, *(each for part in parts for each in (part, b"\0" * (len(part) % 2)))]
    return b"".join(out)


def alone(tags: Tags) -> bytes:
    """Return a TIFF of tags without pixels, as EXIF is one."""
    return head(8, False) + directory(tags, 8, 0, False)


def laid_out(pages: list[tuple[Tags, list[int]]], *, big: bool = False) -> Layout:
    """Lay out pages whose parts have these sizes; the first head is that of the file."""
    big = big or sum(_most(tags, sizes) for tags, sizes in pages) > CLASSIC
    heads, starts = [(0, head(16 if big else 8, big))], []
    place = len(heads[0][1])
    for number, (tags, sizes) in enumerate(pages, start=1):
        start = place + len(directory(placed(tags, [0] * len(sizes), sizes, big), place, 0, big))
        even = [size + size % 2 for size in sizes]  # words begin at even places
        starts.append([start, *(start + passed for passed in itertools.accumulate(even))][:-1])
        after = start + sum(even) if number < len(pages) else 0
        heads.append((place, directory(placed(tags, starts[-1], sizes, big), place, after, big)))
        place = start + sum(even)
    return Layout(heads, starts, place)


def _most(tags: Tags, sizes: list[int]) -> int:
    """Return more bytes than a page takes."""
    return len(directory(tags, 0, 0, True)) + sum(sizes) + 64 * (1 + len(sizes))


def head(first: int, big: bool) -> bytes:
    """Return the first bytes of a file whose first directory lies at `first`."""
    if big:
        return struct.pack("<2sHHHQ", b"II", 43, 8, 0, first)
    return struct.pack("<2sHI", b"II", 42, first)


def placed(tags: Tags, starts: list[int], sizes: list[int], big: bool) -> Tags:
    """Add where the parts lie, and how long they are."""
    tiled = tag.TILE_WIDTH in tags
    code, kind = ("Q", 16) if big else ("I", 4)
    n = len(sizes)
    return tags | {
        tag.TILE_OFFSETS if tiled else tag.OFFSETS: Value(
            kind, n, struct.pack(f"<{n}{code}", *starts)
        ),
        tag.TILE_COUNTS if tiled else tag.COUNTS: Value(
            kind, n, struct.pack(f"<{n}{code}", *sizes)
        ),
    }


def directory(tags: Tags, place: int, after: int, big: bool) -> bytes:
    """Return the directory that lies at `place`, the long values behind it."""
    offset, count, width = ("<Q", "<Q", 8) if big else ("<I", "<H", 4)
    entries = [struct.pack(count, len(tags))]
    free = place + struct.calcsize(count) + len(tags) * (4 + 2 * width) + width
    behind = []
    for number in sorted(tags):
        value = tags[number]
        if isinstance(value, dict):
            value = Value(16 if big else 4, 1, directory(value, free, 0, big))
        kind, n, body = value
        entries.append(struct.pack("<HH", number, kind) + struct.pack(offset, n))
        if len(body) <= width:
            entries.append(body.ljust(width, b"\0"))
            continue
        entries.append(struct.pack(offset, free))
        behind.append(body + b"\0" * (len(body) % 2))
        free += len(behind[-1])
    return b"".join([*entries, struct.pack(offset, after), *behind])
