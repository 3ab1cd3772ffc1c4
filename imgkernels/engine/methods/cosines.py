"""Wide smooth kernels at a cost that does not grow with them: sums of waves that slide."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.slide import SOURCES
from imgkernels.engine.compiled.sliding import LANES, Sliding, sliding
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.halide import rounds
from imgkernels.engine.methods.method import even_chances, one_kernel, strided
from imgkernels.engine.methods.waves import Waves, waves_of
from imgkernels.engine.problem import Problem
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats, all_finite, room_for

Places = npt.NDArray[np.int32]

# How far waves may be from the taps, as a share of them, by what the answers are to be exact to:
# 8 bits a hundredth of a level at the very worst, floats a tenth of the last digits of a sum.
_ERRORS = {"uint8": 2e-6, "int8": 2e-6, "uint16": 1e-8, "int16": 1e-8, "float64": 1e-11}
_ERROR = 3e-7

# Seconds for a value of a pass on all cores, and for each wave; float64 moves twice as much.
_CALL, _VALUE, _WAVE, _DOUBLE = 1.8e-4, 0.55e-9, 0.055e-9, 1.5
_STRIP = 32  # lines side by side that fill a strip
_FAR = 1.2  # times that a value costs in lines that lie apart
_PLANE, _GAP = 4, 16  # axes of an array of planes; values between their rows
_START = 1.1  # seconds to import Halide, and to compile the two loops of an image


class Cosines:
    """Rows that are even or odd and smooth, as Gaussians and their derivatives; 1 to 3 axes."""

    name = "cosines"
    summary = "sums of a few waves slide along each axis, in a loop compiled for this machine (Halide)"
    ieee = False

    def missing(self) -> str | None:
        return library.missing()

    def obstacle(self, problem: Problem) -> str | None:
        reason = one_kernel(problem)
        if reason is not None:
            return reason
        assert problem.kernel is not None
        if problem.kernel.factors is None:
            return "the kernel is not separable"
        if problem.dtype.kind in "iu" and problem.dtype.itemsize > 2:
            return f"a few waves are not as exact as {problem.dtype.name}"
        if even_chances(problem.kernel, problem.dtype):
            return "its taps put sums of integers between two levels"
        if _most_values(problem) * problem.compute.itemsize > library.MOST_BYTES:
            return "takes 2 GiB at most"
        if not problem.empty and passes_of(problem) is None:
            return "its rows are not the sum of a few waves"
        return None

    def start(self, problem: Problem) -> float:
        return _START

    def cost(self, problem: Problem) -> float:
        seconds, shape = 0.0, problem.shape
        for step in (not problem.empty and passes_of(problem)) or ():
            seconds += (_VALUE + _WAVE * step.waves.count) * step.values(shape)
            shape = step.shape_of(shape)
        return _CALL + seconds * (1 if problem.compute == np.float32 else _DOUBLE)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        return self.finished([problem], x, Finish())

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        if len(problems) != 1 or finish.length or (x.dtype.kind == "f" and not all_finite(x)):
            return False
        compute = problems[0].compute
        narrow = compute == np.float32 and rounds(problems, x, finish)
        return finish.result in (None, compute) or narrow

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        problem = problems[0]
        compute, passes = problem.compute, passes_of(problem)
        assert passes is not None
        room_for(x[:0], problem.border_value)
        readable = SOURCES if compute == np.float32 else ("float64",)
        y: Array = x if x.dtype.name in readable else x.astype(compute)
        y = np.require(y, requirements=["C", "A"])
        answer = np.empty(_answer_of(problem), finish.result or compute)
        for step in passes[:-1]:
            shape = step.shape_of(y.shape)
            # A strip is laid out before it is written: the answer may be where it is read from.
            same = shape == answer.shape and answer.dtype == compute
            part = answer if same else _room(shape, compute)
            step.run(y, part, compute, 0.0)
            y = part
        passes[-1].run(y, answer, compute, finish.offset)
        return strided(problem, answer)


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
    passes = []
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


def _answer_of(problem: Problem) -> tuple[int, ...]:
    return (problem.shape[0], *problem.dense_space, problem.channels)


def _most_values(problem: Problem) -> int:
    """Return how many values the largest of the arrays on the way may have."""
    sides = [max(both) for both in zip(problem.space, problem.dense_space, strict=True)]
    rows = problem.shape[0] * math.prod(sides[:-1])
    return rows * (sides[-1] * problem.channels + _GAP)


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


def _room(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array; the rows of a plane lie a line of cache apart from each other.

    Rows of a power of two of bytes would share a few lines of cache, down a column.
    """
    if len(shape) != _PLANE:
        return np.empty(shape, dtype)
    lead, row = shape[:-2], math.prod(shape[-2:])
    return np.empty((*lead, row + _GAP), dtype)[..., :row].reshape(shape)
