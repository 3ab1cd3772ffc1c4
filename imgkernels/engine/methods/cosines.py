"""Wide smooth kernels at a cost that does not grow with them: sums of waves that slide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.library import MOST_BYTES
from imgkernels.engine.compiled.slide import SOURCES, room
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.halide import rounds
from imgkernels.engine.methods.method import even_chances, one_kernel, strided
from imgkernels.engine.methods.sliding_lines import passes_of
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats, all_finite, room_for

# Seconds for a value of a pass on all cores, and for each wave; floats move more bytes, and lines
# along the first axis of a volume lie far apart.
_CALL, _VALUE, _WAVE = 1.8e-4, 0.55e-9, 0.055e-9
_MORE, _VOLUME = {"float32": 1.2, "float64": 1.8}, 1.4
_PLANE, _GAP = 4, 16  # axes of an array of planes; values between their rows
_PAGE = 1024  # bytes: rows of whole multiples share lines of cache
_LONGEST = 1 << 19  # samples of a line: a strip of 16 takes 100 MiB then
_START = 1.1  # seconds to import Halide, and to compile the two loops of an image


class Cosines:
    """Rows that are even or odd and smooth, as Gaussians and their derivatives; 1 to 3 axes."""

    name = "cosines"
    summary = (
        "sums of a few waves slide along each axis, in a loop compiled for this machine (Halide)"
    )
    ieee = False

    def missing(self) -> str | None:
        return library.missing()

    def obstacle(self, problem: Problem) -> str | None:
        reason = one_kernel(problem) or _inexact(problem)
        if reason is None and _most_values(problem) * problem.compute.itemsize > MOST_BYTES:
            reason = "takes 2 GiB at most"
        if reason is None and max(problem.dense_space) > _LONGEST:
            reason = f"takes lines of {_LONGEST:,} samples at most"
        if reason is None and not problem.empty and passes_of(problem) is None:
            reason = "its rows are not sums of a few waves"
        return reason

    def start(self, problem: Problem) -> float:
        return _START

    def cost(self, problem: Problem) -> float:
        seconds, shape = 0.0, problem.shape
        for step in (not problem.empty and passes_of(problem)) or ():
            seconds += (_VALUE + _WAVE * step.waves.count) * step.values(shape)
            shape = step.shape_of(shape)
        more = _MORE.get(problem.dtype.name, 1.0) * (_VOLUME if problem.ndim == 3 else 1.0)
        return _CALL + more * seconds

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        return self.finished([problem], x, Finish())

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        if len(problems) != 1 or finish.length or (x.dtype.kind == "f" and not all_finite(x)):
            return False
        compute = problems[0].compute
        narrow = compute == np.float32 and rounds(problems, x, finish)
        return finish.result in (None, compute) or narrow

    def finished(
        self, problems: Sequence[Problem], x: Array, finish: Finish, answer: Array | None = None
    ) -> Array:
        problem = problems[0]
        compute, passes = problem.compute, passes_of(problem)
        assert passes is not None
        room_for(x[:0], problem.border_value)
        readable = SOURCES if compute == np.float32 else ("float64",)
        y: Array = x if x.dtype.name in readable else x.astype(compute)
        y = np.require(y, requirements=["C", "A"])
        answer = room(problem, x, np.dtype(finish.result or compute), answer)
        for step in passes[:-1]:
            shape = step.shape_of(y.shape)
            # A strip is laid out before it is written: the answer may be where it is read from.
            same = shape == answer.shape and answer.dtype == compute and not _crowded(answer)
            part = answer if same else _room(shape, compute)
            step.run(y, part, compute, 0.0)
            y = part
        passes[-1].run(y, answer, compute, finish.offset)
        return strided(problem, answer)


def _inexact(problem: Problem) -> str | None:
    """Say that the answers must be more exact than waves make them, or that there are no rows."""
    assert problem.kernel is not None
    if problem.kernel.factors is None:
        return "the kernel is not separable"
    if problem.dtype.kind in "iu" and problem.dtype.itemsize > 2:
        return f"a few waves are not as exact as {problem.dtype.name}"
    if even_chances(problem.kernel, problem.dtype):
        return "its taps put sums of integers between two levels"
    return None


def _most_values(problem: Problem) -> int:
    """Return how many values the largest of the arrays on the way may have."""
    sides = [max(both) for both in zip(problem.space, problem.dense_space, strict=True)]
    rows = problem.shape[0] * math.prod(sides[:-1])
    return rows * (sides[-1] * problem.channels + _GAP)


def _crowded(x: Array) -> bool:
    """Tell whether the rows of planes share a few lines of cache, down a column."""
    return x.ndim == _PLANE and x.strides[1] % _PAGE == 0


def _room(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array; the rows of a plane lie a line of cache apart from each other."""
    if len(shape) != _PLANE:
        return np.empty(shape, dtype)
    lead, row = shape[:-2], math.prod(shape[-2:])
    return np.empty((*lead, row + _GAP), dtype)[..., :row].reshape(shape)
