"""Separable kernels as waves that slide along one axis after the other, the last one first."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.engine.compiled.sliding import LANES, Sliding, sliding
from imgkernels.engine.methods.waves import Waves, waves_of
from imgkernels.engine.problem import Problem
from imgkernels.taps import Taps
from imgkernels.values import Array

Places = npt.NDArray[np.int32]

# How far waves may be from the taps, as a share of them: of 8 bits that is no thousandth of a
# level at worst, of 16 bits none either, of floats some of the last digits that a sum has anyway.
_ERRORS = {"uint8": 2e-6, "int8": 2e-6, "uint16": 1e-8, "int16": 1e-8, "float64": 1e-11}
_ERROR = 3e-7
_STRIP = 32  # lines side by side that fill a strip
_FAR = 1.2  # times that a value costs in lines that lie apart


@dataclass(frozen=True, eq=False)
class Pass:
    """What is done along one axis of `(N, *space, C)`: a row made of waves.

    `at` are the places of the samples along a line with its border, and one more at each end; -1
    is the border's `value`.
    """

    axis: int
    row: Taps
    waves: Waves
    at: Places
    value: float

    def shape_of(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the answer's shape for an input's."""
        answers = self.at.size - self.row.size - 1
        return (*shape[: self.axis], answers, *shape[self.axis + 1 :])

    def values(self, shape: Sequence[int]) -> float:
        """Return the number of values that go through the loop for an input of a shape."""
        return _values(*self._sides(shape)) * (self.at.size + self.row.size / 4)

    def run(self, x: Array, y: Array, value_type: np.dtype[Any], offset: float) -> None:
        """Fill `y`; of both arrays only the rows may lie apart."""
        apart = _apart(*self._sides(x.shape))
        waves = self.waves
        loop = sliding(Sliding(x.dtype, value_type, y.dtype, waves.count, apart))
        motion = np.stack([waves.stiffness, waves.ends, waves.beyond], axis=-1)
        loop(
            self._lines(y, apart), image=self._lines(x, apart), at=self.at, start=waves.start,
            motion=motion, told=np.array([waves.sign, self.value, offset]), taps=self.row.size,
            answers=y.shape[self.axis],
        )  # fmt: skip

    def _sides(self, shape: Sequence[int]) -> tuple[int, int]:
        return math.prod(shape[: self.axis]), math.prod(shape[self.axis + 1 :])

    def _lines(self, x: Array, apart: bool) -> Array:
        """Return a view `(outer, places, lanes)`."""
        before, after = self._sides(x.shape)
        flat = x.reshape(before, x.shape[self.axis], after)
        return flat.transpose(2, 1, 0) if apart else flat


@functools.lru_cache(64)
def passes_of(problem: Problem) -> tuple[Pass, ...] | None:
    """Return what is done along each axis, the last one first; None where waves do not do."""
    assert problem.kernel is not None and problem.kernel.factors is not None
    rows = problem.kernel.factors
    scale = math.prod(float(row[0]) for row in rows if row.size == 1)
    most, value = _ERRORS.get(problem.dtype.name, _ERROR), problem.border_value
    passes: list[Pass] = []
    for axis in reversed(range(problem.ndim)):
        if rows[axis].size == 1:
            continue
        row = rows[axis] if passes else rows[axis] * scale
        waves = waves_of(row, most)
        if waves is None:
            return None
        places = problem.border.indices(problem.space[axis], *problem.margins[axis])
        at = np.pad(places, 1, "edge").astype(np.int32)
        passes.append(Pass(axis + 1, row, waves, at, value))
        value *= math.fsum(row)  # what the axis makes of what lies beyond the others
    return tuple(passes) or None


def _apart(before: int, after: int) -> bool:
    """Tell whether lines are better taken from all over the array, as few lie side by side."""
    return _FAR * _filled(before, LANES) * after < _filled(after, _STRIP) * before


def _values(before: int, after: int) -> float:
    """Return the number of lines, those counted too that fill a strip in vain."""
    if _apart(before, after):
        return _filled(before, LANES) * after
    return _filled(after, _STRIP) * before


def _filled(count: int, width: int) -> int:
    return -(-count // width) * width
