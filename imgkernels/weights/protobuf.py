"""Protocol buffers without a schema: the fields of a message, within the bytes that there are.

Source: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator

from imgkernels.errors import FileProblem

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_MOST_FIELDS = 200_000

Field = tuple[int, int | memoryview]


def fields(message: memoryview) -> Iterator[Field]:
    """Yield number and value of each field: a whole number, or the bytes of what has a length."""
    at = 0
    for _ in range(_MOST_FIELDS):
        if at == len(message):
            return
        key, at = varint(message, at)
        kind = key & 7
        if kind == VARINT:
            value: int | memoryview
            value, at = varint(message, at)
        elif kind == BYTES:
            length, at = varint(message, at)
            value, at = _part(message, at, length), at + length
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
            value, at = _part(message, at, size), at + size
        else:
            raise FileProblem(f"is damaged: there is no protobuf wire type {kind}")
        yield key >> 3, value
    raise FileProblem(f"is damaged: a message of more than {_MOST_FIELDS:,} fields")


def varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise FileProblem("is truncated: a number is cut off")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise FileProblem("is damaged: a number of more than 64 bits")


def signed(value: int) -> int:
    """Return a varint as the int64 that it encodes."""
    return value - (1 << 64) if value >> 63 else value


def varints(packed: memoryview) -> Iterator[int]:
    """Yield the numbers of a packed field."""
    at = 0
    while at < len(packed):
        value, at = varint(packed, at)
        yield signed(value)


def text(value: int | memoryview) -> str:
    """Return a text field; raise `FileProblem` for what is none."""
    try:
        return bytes(message(value)).decode()
    except UnicodeDecodeError:
        raise FileProblem("is damaged: a name is no UTF-8") from None


def message(value: int | memoryview) -> memoryview:
    """Return a field that must have a length; a number in its place is damage."""
    if isinstance(value, int):
        raise FileProblem("is damaged: a number where a message should be")
    return value


def number(value: int | memoryview) -> int:
    """Return a field that must be a number."""
    if not isinstance(value, int):
        raise FileProblem("is damaged: a message where a number should be")
    return signed(value)


def _part(message: memoryview, at: int, length: int) -> memoryview:
    if length > len(message) - at:
        raise FileProblem("is truncated: a field is longer than the file")
    return message[at : at + length]
