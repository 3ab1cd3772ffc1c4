"""What a library does when it stores an answer: the rounding, and what happens out of range."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach
from imgkernels.values import Array, Floats, saturate


class Rounding(StrEnum):
    """How a number between two integers becomes one of them."""

    HALF_EVEN = "half-even"
    HALF_UP = "half-up"
    TRUNCATE = "truncate"
    FLOOR = "floor"


class Overflow(StrEnum):
    """What an integer that the dtype does not hold becomes: the nearest it holds, or modulo."""

    SATURATE = "saturate"
    WRAP = "wrap"


@dataclass(frozen=True)
class Cast:
    """Store the values in a dtype, as one library or another does; they are that dtype's after.

    Floats are rounded to the precision of a float dtype; the rounding rule is for integers. NaN
    becomes 0 in an integer.

    >>> x = np.array([[-1.5], [2.5], [256.7]])
    >>> Cast("uint8", Rounding.TRUNCATE, Overflow.WRAP).run(x, Frame(1)).ravel().tolist()
    [255, 2, 0]
    """

    dtype: str
    rounding: Rounding = Rounding.HALF_EVEN
    overflow: Overflow = Overflow.SATURATE

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: it looks at no neighbour."""
        return ()

    def reach(self, frame: Frame) -> Reach:
        """Nowhere."""
        return ((0, 0),) * frame.ndim

    def run(self, x: Array, frame: Frame) -> Array:
        """Round and convert."""
        dtype = np.dtype(self.dtype)
        if x.dtype == dtype or dtype.kind == "f":
            with ieee():
                return x.astype(dtype, copy=False)
        if x.dtype.kind == "f":
            x = _whole(x, self.rounding)
        if self.overflow is Overflow.SATURATE:
            return saturate(x, dtype)
        return _wrapped(x, dtype)


def _whole(x: Floats, rounding: Rounding) -> Floats:
    match rounding:
        case Rounding.HALF_EVEN:
            return np.rint(x)
        case Rounding.HALF_UP:
            return np.floor(x + x.dtype.type(0.5))
        case Rounding.TRUNCATE:
            return np.trunc(x)
        case Rounding.FLOOR:
            return np.floor(x)


def _wrapped(x: Array, dtype: np.dtype[np.generic]) -> Array:
    """Keep the lowest bits, as a conversion between integers does."""
    if x.dtype.kind == "f":
        # Floats beyond 64 bits have no bits left to keep: C leaves that open, and so they are 0.
        small = np.where(np.abs(x) < 2.0**63, x, 0)
        x = small.astype(np.int64)
    return x.astype(dtype)
