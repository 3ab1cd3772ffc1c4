"""Safetensors: a JSON header that says where each array lies, then the arrays.

Source: the format of huggingface/safetensors, README, "Format".
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.values import Array
from imgkernels.weights import metadata
from imgkernels.weights.limits import Budget, from_bfloat16

_DTYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2",
    "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1",
}  # fmt: skip
_WORDS = {np.dtype(code): word for word, code in _DTYPES.items() if word != "BF16"}
_MOST_HEADER = 8 << 20  # bytes

Entry = tuple[str, str, tuple[int, ...], int, int]


def looks_like(head: bytes) -> bool:
    """Tell whether a file begins as a safetensors file does: a length, then `{`."""
    return len(head) > 8 and head[8:9] == b"{"


def read(data: bytes, most: int) -> dict[str, Array]:
    """Return the arrays; the whole file must be described, without holes or overlaps."""
    (length,) = struct.unpack_from("<Q", data)
    if length > min(_MOST_HEADER, len(data) - 8):
        raise FileProblem(f"is truncated or damaged: its header is said to be {length:,} bytes")
    table = metadata.parsed(data[8 : 8 + length], "its header")
    budget, start = Budget(most), 8 + length
    words = table.pop(metadata.NAME, {})
    entries = [_entry(name, found) for name, found in table.items()]
    _check_places(entries, len(data) - start, budget)
    found = {name: _array(data, start + at, kind, shape) for name, kind, shape, at, _ in entries}
    return found | ({metadata.NAME: metadata.packed(words)} if words else {})


def write(arrays: Mapping[str, Array]) -> bytes:
    """Return a file of these arrays, wide dtypes first, as the format's own library writes it."""
    table: dict[str, Any] = {}
    blocks, at = [], 0
    if metadata.NAME in arrays:  # the format has its own place for it
        table[metadata.NAME] = metadata.unpacked(arrays[metadata.NAME])
    for name in sorted(
        arrays.keys() - {metadata.NAME}, key=lambda n: (-arrays[n].dtype.itemsize, n)
    ):
        x = arrays[name]
        block = x.astype(x.dtype.newbyteorder("<"), order="C", copy=False).tobytes()
        word = _WORDS[np.dtype(x.dtype.newbyteorder("<"))]
        table[name] = {"dtype": word, "shape": x.shape, "data_offsets": [at, at + len(block)]}
        blocks.append(block)
        at += len(block)
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *blocks])


def _entry(name: str, found: Any) -> Entry:
    """Read one array's place; every type is checked, for JSON has others."""
    try:
        kind, shape, places = found["dtype"], found["shape"], found["data_offsets"]
        begin, end = places
        sound = all(type(n) is int and n >= 0 for n in (*shape, begin, end)) and kind in _DTYPES
    except (TypeError, ValueError, KeyError):
        sound = False
    if not sound:
        known = ", ".join(_DTYPES)
        raise FileProblem(f"{name}: no sound dtype ({known}), shape and data_offsets in the header")
    return name, kind, tuple(shape), begin, end


def _check_places(entries: list[Entry], length: int, budget: Budget) -> None:
    at = 0
    for name, kind, shape, begin, end in sorted(entries, key=lambda e: (e[3], e[4])):
        size = budget.take(name, shape, _DTYPES[kind])
        if begin != at or end - begin != size:
            raise FileProblem(f"{name}: its place {begin} to {end} does not fit shape and others")
        at = end
    if at != length:
        raise FileProblem(f"is truncated or damaged: {at:,} bytes are described, {length:,} there")


def _array(data: bytes, start: int, kind: str, shape: tuple[int, ...]) -> Array:
    dtype = np.dtype(_DTYPES[kind])
    x = np.frombuffer(data, dtype, int(np.prod(shape, dtype=np.int64)), start).reshape(shape)
    if kind == "BF16":
        return from_bfloat16(x)
    return x.astype(dtype.newbyteorder("="))
