"""Directories of tags, as TIFF, BigTIFF and EXIF have them: parsed with every offset checked."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.values import Array

# The numpy code of each type of value; a rational is two of its integers.
_TYPES = {
    1: "u1", 2: "u1", 3: "u2", 4: "u4", 5: "u4", 6: "i1", 7: "u1", 8: "i2", 9: "i4",
    10: "i4", 11: "f4", 12: "f8", 13: "u4", 16: "u8", 17: "i8", 18: "u8",
}  # fmt: skip
_RATIONALS = (5, 10)
_MOST_DIRECTORIES = 65_535

Bytes = bytes | mmap.mmap  # of a file that was read, or only mapped


class Entry(NamedTuple):
    """Where the values of one tag lie; `kind` is its type by number, `parts` 2 for rationals."""

    kind: int
    dtype: np.dtype[np.generic]
    parts: int
    number: int
    offset: int

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.dtype.itemsize * self.parts * self.number


@dataclass(frozen=True)
class Directory:
    """One directory of a file, by tag number."""

    data: Bytes
    order: str
    entries: dict[int, Entry]

    def values(self, tag: int) -> Array:
        """Return the values of a tag, none if it is absent; a rational is its quotient."""
        entry = self.entries.get(tag)
        if entry is None:
            return np.empty(0)
        found = self.numbers(tag)
        if entry.parts == 1:
            return found
        with np.errstate(divide="ignore", invalid="ignore"):
            return found[::2] / found[1::2]

    def numbers(self, tag: int) -> Array:
        """Return the numbers that are stored for a tag: two for each rational."""
        entry = self.entries[tag]
        if entry.offset + entry.size > len(self.data):
            raise FileProblem(f"is truncated: the values of tag {tag} lie beyond its end")
        return np.frombuffer(self.data, entry.dtype, entry.number * entry.parts, entry.offset)

    def raw(self, tag: int) -> bytes | None:
        """Return the bytes of a tag, None if it is absent."""
        return self.values(tag).tobytes() if tag in self.entries else None

    def integer(self, tag: int, default: int) -> int:
        """Return the first value of a tag."""
        found = self.values(tag)
        return int(found[0]) if found.size else default


@dataclass(frozen=True)
class _Layout:
    """How wide the numbers are: TIFF counts entries in 2 bytes and has offsets of 4, BigTIFF 8."""

    order: str
    count: str
    offset: str

    def unpack(self, what: str, data: Bytes, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self.order + what, data, at)
        except struct.error as error:
            raise FileProblem("is truncated: what it points to lies beyond its end") from error

    @property
    def entry_size(self) -> int:
        return 4 + 2 * struct.calcsize(self.offset)


def first_directory(data: Bytes) -> Directory:
    """Return the first directory; for EXIF, that of the main picture."""
    layout, offset = _header(data)
    return _directory(data, layout, offset)


def directory_at(data: Bytes, offset: int) -> Directory:
    """Return the directory at this place, to which a tag points."""
    return _directory(data, _header(data)[0], offset)


def directories(data: Bytes) -> list[Directory]:
    """Return all directories of the chain; refuse a chain that bites its tail."""
    layout, offset = _header(data)
    found: list[Directory] = []
    seen: set[int] = set()
    while offset:
        if offset in seen or len(found) == _MOST_DIRECTORIES:
            raise FileProblem("is damaged: its list of pages does not end")
        seen.add(offset)
        found.append(_directory(data, layout, offset))
        (count,) = layout.unpack(layout.count, data, offset)
        after = offset + struct.calcsize(layout.count) + count * layout.entry_size
        (offset,) = layout.unpack(layout.offset, data, after)
    if not found:
        raise FileProblem("is damaged: it has no page")
    return found


def _header(data: Bytes) -> tuple[_Layout, int]:
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
    version = int.from_bytes(data[2:4], "little" if order == "<" else "big") if order else 0
    if version not in (42, 43):
        raise FileProblem("is damaged: it does not begin as a TIFF")
    layout = _Layout(order, "H", "I") if version == 42 else _Layout(order, "Q", "Q")
    (offset,) = layout.unpack(layout.offset, data, 4 if version == 42 else 8)
    return layout, offset


def _directory(data: Bytes, layout: _Layout, offset: int) -> Directory:
    (count,) = layout.unpack(layout.count, data, offset)
    first = offset + struct.calcsize(layout.count)
    if first + count * layout.entry_size > len(data):
        raise FileProblem("is truncated: a directory of tags lies beyond its end")
    entries = {}
    for i in range(count):
        at = first + i * layout.entry_size
        tag, kind, length = layout.unpack("HH" + layout.offset, data, at)
        if kind in _TYPES and tag not in entries:  # of twins the first holds, as in libtiff
            entries[tag] = _entry(data, layout, at, kind, length)
    return Directory(data, layout.order, entries)


def _entry(data: Bytes, layout: _Layout, at: int, kind: int, count: int) -> Entry:
    dtype = np.dtype(layout.order + _TYPES[kind])
    width = struct.calcsize(layout.offset)
    place = at + 4 + width
    entry = Entry(kind, dtype, 1 + (kind in _RATIONALS), count, place)
    if entry.size <= width:  # short values lie in the entry itself
        return entry
    return entry._replace(offset=layout.unpack(layout.offset, data, place)[0])
