"""One row after the other, as a loop compiled on this machine, through Halide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.slide import obstacle, readable, slide, stacks
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.halide import rounds
from imgkernels.engine.methods.method import samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

_FLOAT32 = np.dtype(np.float32)
_LONG = {"uint16": 65, "int16": 65}  # taps whose sums float32 holds to parts of a level


class HalideRows:
    """A pass along each axis, for kernels that are the product of rows; 2 or 3 axes."""

    name = "halide-rows"
    summary = "a pass along each axis, in a loop compiled for this machine (Halide)"

    def missing(self) -> str | None:
        return library.missing()

    def obstacle(self, problem: Problem) -> str | None:
        reason = obstacle(problem)
        if reason is not None:
            return reason
        if problem.ndim == 1 or problem.kernel is None or problem.kernel.factors is None:
            return "the kernel is not separable"
        longest = max(problem.window)
        if longest > _LONG.get(problem.dtype.name, longest):
            return f"sums {longest} taps in float32, too many for {problem.dtype.name}"
        return None

    def start(self, problem: Problem) -> float:
        return library.START

    def cost(self, problem: Problem) -> float:
        taps = sum(problem.window)
        # Long rows leave the registers; across planes every tap goes through the cache.
        plane = 0.2e-9 + 0.012e-9 * taps * (1 + taps / 800)
        each = plane if problem.ndim == 2 else 0.9e-9 + 0.07e-9 * taps
        return 5e-5 + each * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        return self.finished([problem], x, Finish())

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        return len(problems) == 1 and not finish.length and rounds(problems, x, finish)

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        problem = problems[0]
        if problem.ndim == 3:
            return self._volume(problem, x, finish)
        from imgkernels.engine.compiled.rows import Rows, rows

        x, result = readable(problem, x), finish.result or _FLOAT32
        loop = rows(Rows(x.dtype, result))
        along_y, along_x = (row.astype(np.float32) for row in _thin(problem))
        weights = {"along_y": along_y, "along_x": along_x, "offset": finish.offset}
        y = np.empty((x.shape[0], *problem.dense_space, x.shape[-1]), result)
        for image, answer in stacks(problem, x, y):
            slide(loop, problem, image, answer, weights)
        return strided(problem, y)

    def _volume(self, problem: Problem, x: Array, finish: Finish) -> Array:
        """Pass along z over planes laid out as rows, then along y and x over a batch of planes."""
        count, depth, height, width, channels = x.shape
        along_z, *plane = _thin(problem)
        border, extent = problem.border, problem.extent
        first = Problem.of_kernel(
            (count, depth, height * width, channels), x.dtype,
            Kernel.from_factors(along_z, [1.0], anchor=(_anchor(problem)[0], 0)),
            border=border, border_value=problem.border_value, extent=extent,
            dilation=(problem.holes[0], 1),
        )  # fmt: skip
        flat = self.run(first, x.reshape(first.shape), None)
        second = Problem.of_kernel(
            (count * flat.shape[1], height, width, channels), _FLOAT32,
            Kernel.from_factors(*plane, anchor=_anchor(problem)[1:]),
            border=border, border_value=problem.border_value * float(along_z.sum()),
            extent=extent, dilation=problem.holes[1:],
        )  # fmt: skip
        y = self.finished([second], flat.reshape(second.shape), finish)
        return strided(problem, y.reshape(count, -1, *y.shape[1:]))


def _thin(problem: Problem) -> list[Taps]:
    """Return the rows without the holes that dilation made."""
    assert problem.kernel is not None and problem.kernel.factors is not None
    return [row[::hole] for row, hole in zip(problem.kernel.factors, problem.holes, strict=True)]


def _anchor(problem: Problem) -> tuple[int, ...]:
    return tuple(a // hole for a, hole in zip(problem.anchor, problem.holes, strict=True))
