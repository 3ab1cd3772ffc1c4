"""ONNX: the tensors of a model's initialisers and Constant nodes; no graph is run.

Source: onnx/onnx, `onnx.proto`; field numbers are those of that file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.values import Array
from imgkernels.weights import protobuf as pb
from imgkernels.weights.limits import Budget, from_bfloat16

_GRAPH = 7
_NODE, _INITIALIZER = 1, 5
_OUTPUT, _OP_TYPE, _ATTRIBUTE = 2, 4, 5
_TENSOR = 5
_DIMS, _TYPE, _FLOATS, _INTS, _LONGS, _NAME, _RAW, _DOUBLES = 1, 2, 4, 5, 7, 8, 9, 10
_EXTERNAL, _LOCATION = 13, 14
_MOST_DIMS = 16
_FLOAT16, _BFLOAT16 = 10, 16
_DTYPES = {
    1: "<f4", 2: "u1", 3: "i1", 4: "<u2", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?",
    _FLOAT16: "<f2", 11: "<f8", 12: "<u4", 13: "<u8", _BFLOAT16: "<u2",
}  # fmt: skip


def looks_like(head: bytes) -> bool:
    """Tell whether a file begins as ONNX writers begin: with the version of its format."""
    return len(head) > 2 and head[0] == 0x08 and 1 <= head[1] < 0x40


def read(data: bytes, most: int) -> dict[str, Array]:
    """Return the named tensors of the main graph."""
    budget, found = Budget(most), {}
    for name, tensor in _tensors(memoryview(data)):
        own, array = _tensor(tensor, name, budget)
        found[name or own] = array
    return {name: array for name, array in found.items() if array.dtype.kind != "b"}


def _tensors(model: memoryview) -> Iterator[tuple[str, memoryview]]:
    """Yield each tensor's message, with the name it has as a node's output."""
    for number, graph in pb.fields(model):
        if number != _GRAPH:
            continue
        for part, value in pb.fields(pb.message(graph)):
            if part == _INITIALIZER:
                yield "", pb.message(value)
            elif part == _NODE:
                yield from _constant(pb.message(value))


def _constant(node: memoryview) -> Iterator[tuple[str, memoryview]]:
    parts = list(pb.fields(node))
    if any(n == _OP_TYPE and pb.text(v) == "Constant" for n, v in parts):
        name = next((pb.text(v) for n, v in parts if n == _OUTPUT), "")
        for number, attribute in parts:
            if number == _ATTRIBUTE:
                inside = pb.fields(pb.message(attribute))
                yield from ((name, pb.message(v)) for n, v in inside if n == _TENSOR)


def _tensor(tensor: memoryview, name: str, budget: Budget) -> tuple[str, Array]:
    parts: dict[int, list[Any]] = {}
    for number, value in pb.fields(tensor):
        parts.setdefault(number, []).append(value)
    own = pb.text(parts[_NAME][-1]) if _NAME in parts else ""
    who = name or own or "a tensor"
    if _EXTERNAL in parts or any(map(pb.number, parts.get(_LOCATION, []))):
        raise FileProblem(f"{who}: lies in another file, which is not read; save it inside")
    kind = pb.number(parts[_TYPE][-1]) if _TYPE in parts else 0
    if kind not in _DTYPES:
        raise FileProblem(f"{who}: is of ONNX data type {kind}, which is not read")
    shape = tuple(islice(_numbers(parts.get(_DIMS, [])), _MOST_DIMS))
    budget.take(who, shape, _DTYPES[kind])
    count = math.prod(shape)
    values = _values(parts, kind, count)
    if values.size != count:
        raise FileProblem(f"{who}: {values.size:,} values for the shape {shape}")
    return own, values.reshape(shape)


def _values(parts: dict[int, list[Any]], kind: int, count: int) -> Array:
    """Return a tensor's values, native and flat, from whichever field holds them."""
    dtype = np.dtype(_DTYPES[kind])
    if _RAW in parts:
        raw = pb.message(parts[_RAW][-1])
        if len(raw) % dtype.itemsize:
            raise FileProblem("is truncated: values are missing")
        x: Array = np.frombuffer(raw, dtype)
    elif kind in (1, 11):
        packed = b"".join(map(pb.message, parts.get(_FLOATS if kind == 1 else _DOUBLES, [])))
        x = np.frombuffer(packed[: len(packed) // dtype.itemsize * dtype.itemsize], dtype)
    else:
        whole = list(islice(_numbers(parts.get(_INTS, []) + parts.get(_LONGS, [])), count + 1))
        bits = np.array(whole, np.int64)
        x = bits.astype(np.uint16).view(np.float16) if kind == _FLOAT16 else bits.astype(dtype)
    if kind == _BFLOAT16:
        return from_bfloat16(x)
    return x.astype(dtype.newbyteorder("="))


def _numbers(values: list[Any]) -> Iterator[int]:
    for value in values:
        yield from pb.varints(value) if isinstance(value, memoryview) else [pb.signed(value)]
