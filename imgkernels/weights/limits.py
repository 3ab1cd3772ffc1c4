"""How much a weight file may ask for, checked before any of it is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.errors import FileProblem
from imgkernels.files.archive import MOST_MEMBERS as MAX_ARRAYS
from imgkernels.values import Array, Floats, supported_dtype

MAX_BYTES = 1 << 30  # of all arrays together; AlexNet has a quarter of it
_MAX_AXES = 8
_MAX_NAME = 300
_MAX_EXPANSION = 16  # of a packed file; trained floats hardly shrink at all
_SMALL = 64 << 20  # what any file may unpack to, however small it is


@dataclass
class Budget:
    """What is left of the bytes and arrays that one file may hold."""

    bytes: int = MAX_BYTES
    arrays: int = MAX_ARRAYS

    @classmethod
    def of_packed(cls, size: int, most: int) -> Budget:
        """Return the budget of a packed file of `size` bytes: a bomb expands, weights do not."""
        return cls(min(most, max(_SMALL, _MAX_EXPANSION * size)))

    def take(self, name: str, shape: Sequence[int], dtype: npt.DTypeLike) -> int:
        """Return the bytes of an array, and take them off; raise `FileProblem` for too much."""
        self._count(name)
        if len(shape) > _MAX_AXES or any(not 0 <= n < 1 << 48 for n in shape):
            raise FileProblem(f"{name}: has no shape of weights: {tuple(shape)!r:.80}")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > self.bytes:
            raise FileProblem(f"{name}: {size:,} bytes are declared, {self.bytes:,} are allowed")
        self.bytes -= size
        return size

    def _count(self, name: str) -> None:
        if len(name) > _MAX_NAME:
            raise FileProblem(f"{name:.40}...: a name is at most {_MAX_NAME} characters long")
        self.arrays -= 1
        if self.arrays < 0:
            raise FileProblem(f"holds more than {MAX_ARRAYS:,} arrays")


def array_dtype(dtype: npt.DTypeLike, name: str) -> np.dtype[np.generic]:
    """Return a dtype that weights may have, byte order kept; refuse objects, texts and records."""
    try:
        supported_dtype(dtype)
    except TypeError as error:
        raise FileProblem(f"{name}: {str(error).removeprefix('image: ')}") from None
    return np.dtype(dtype)


def from_bfloat16(bits: Array) -> Floats:
    """Return the float32 values of bfloat16 bits: they are the upper halves."""
    return (bits.astype(np.uint32) << 16).view(np.float32)
