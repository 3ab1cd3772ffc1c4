"""PyTorch's tensors as a file describes them: a part of a storage, with sizes and strides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.values import Array
from imgkernels.weights.limits import Budget, from_bfloat16

_STORAGES = {
    "DoubleStorage": "f8", "FloatStorage": "f4", "HalfStorage": "f2", "BFloat16Storage": "u2",
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1",
    "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
_MOST_VALUES = 20_000
_LONGEST_PATH = 1000


@dataclass(frozen=True)
class Global:
    """The name of a function or class in a pickle program; only its name."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Storage:
    """Where a tensor's bytes lie: a member of the archive, and what they are."""

    key: str
    kind: str


@dataclass(frozen=True)
class Tensor:
    """A view of a storage, in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, data: bytes, order: str, name: str, budget: Budget) -> Array:
        """Return the values, copied out of a storage's bytes in byte order `order`."""
        dtype = np.dtype(_STORAGES[self.storage.kind]).newbyteorder(order)  # type: ignore[arg-type]
        size = budget.take(name, self.shape, dtype)
        last = sum((n - 1) * s for n, s in zip(self.shape, self.strides, strict=True))
        there = len(data) // dtype.itemsize
        if size and (self.offset + last >= there or size > len(data)):
            raise FileProblem(f"{name}: reaches beyond its storage")
        flat = np.frombuffer(data, dtype, there)[self.offset if size else 0 :]
        steps = [s * dtype.itemsize for s in self.strides]
        x = np.lib.stride_tricks.as_strided(flat, self.shape, steps, writeable=False)
        x = np.ascontiguousarray(x, dtype.newbyteorder("=")).reshape(self.shape)
        if self.storage.kind == "BFloat16Storage":
            return from_bfloat16(x)
        return x


def reduced(function: Any, arguments: Any) -> Any:
    """Return what a call in the program builds; only three functions are known."""
    match str(function) if isinstance(function, Global) else "", arguments:
        case "collections.OrderedDict", (() | ([],)):
            return {}
        case "torch._utils._rebuild_tensor_v2", (Storage() as storage, offset, shape, strides, *_):
            return _tensor(storage, offset, shape, strides)
        case "torch._utils._rebuild_parameter", (Tensor() as tensor, *_):
            return tensor
    raise FileProblem(
        f"holds {function!s:.80}, which is no tensor; save model.state_dict() instead"
    )


def stored(name: Any) -> Storage:
    """Return the storage that a persistent id names: ("storage", class, key, place, length)."""
    match name:
        case ("storage", Global("torch", kind), str(key), *_) if kind in _STORAGES:
            return Storage(key, kind)
    raise FileProblem(f"holds a storage of an unknown kind: {name!r:.80}")


def flattened(found: Any) -> dict[str, Tensor]:
    """Return the tensors in nested dicts and lists, by their path with dots."""
    out: dict[str, Tensor] = {}
    queue = [("", found)]
    for _ in range(_MOST_VALUES):
        if not queue:
            return out
        path, value = queue.pop()
        if len(path) > _LONGEST_PATH:
            break
        if isinstance(value, Tensor):
            out[path] = value
        elif isinstance(value, dict | list | tuple):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            inside = [(f"{path}.{key}" if path else str(key), each) for key, each in pairs]
            queue += reversed(inside)
    raise FileProblem(f"holds more than {_MOST_VALUES:,} values, or one inside itself")


def _tensor(storage: Storage, offset: Any, shape: Any, strides: Any) -> Tensor:
    tuples = isinstance(shape, tuple) and isinstance(strides, tuple)
    numbers = (offset, *shape, *strides) if tuples else (None,)
    if any(type(n) is not int or not 0 <= n < 1 << 48 for n in numbers):
        raise FileProblem("is damaged: a tensor without sizes and strides")
    if len(shape) != len(strides):
        raise FileProblem("is damaged: a tensor of other sizes than strides")
    return Tensor(storage, offset, shape, strides)
