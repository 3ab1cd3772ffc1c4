"""One row after the other, as a loop compiled on this machine, through Halide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.slide import laid, obstacle, readable, slide, stacks
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.halide import measures, rounds
from imgkernels.engine.methods.method import samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

_FLOAT32 = np.dtype(np.float32)
_LONG = {"uint16": 65, "int16": 65}  # taps whose sums float32 holds to parts of a level


class HalideRows:
    """A pass along each axis, for kernels that are the product of rows; 2 or 3 axes."""

    name = "halide-rows"
    summary = "a pass along each axis, in a loop compiled for this machine (Halide)"
    ieee = True

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
        # The loop of three passes takes about as long again.
        return library.START * (2 if problem.ndim == 3 else 1)

    def cost(self, problem: Problem) -> float:
        taps = sum(problem.window)
        # Long rows leave the registers; volumes leave the cache, and are written to new memory.
        plane = 0.2e-9 + 0.012e-9 * taps * (1 + taps / 800)
        each = plane if problem.ndim == 2 else 0.7e-9 + 0.014e-9 * taps
        return 5e-5 + each * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        return self.finished([problem], x, Finish())

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        if finish.length:
            flat = problems[0].ndim == 3 and all(self.obstacle(p) is None for p in problems)
            return flat and measures(problems, x) and rounds(problems, x, finish)
        return len(problems) == 1 and rounds(problems, x, finish)

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        from imgkernels.engine.compiled.rows import Rows, rows
        from imgkernels.engine.compiled.volume import Volume, rows_at_once, volume

        problem, result = problems[0], finish.result or _FLOAT32
        y = np.empty((x.shape[0], *problem.dense_space, x.shape[-1]), result)
        if problem.ndim == 3:
            whole, margins = laid(problem, x)
            x = readable(problem, whole)
            loop = volume(Volume(x.dtype, result, len(problems) if finish.length else 0))
            given = _rows(problems, ("along_z", "along_y", "along_x"))
            given["rows"] = rows_at_once(-(-problem.dense_space[1] // problem.holes[1]))
            given["share"] = given["along_z"].sum(axis=1) * given["along_y"].sum(axis=1)
        else:
            x, margins = readable(problem, x), None
            loop = rows(Rows(x.dtype, result))
            given = {name: row[0] for name, row in _rows(problems, ("along_y", "along_x")).items()}
        for image, answer in stacks(problem, x, y):
            slide(loop, problem, image, answer, given | {"offset": finish.offset}, margins)
        return strided(problem, y)


def _rows(problems: Sequence[Problem], names: Sequence[str]) -> dict[str, Any]:
    """Return the rows along each axis, `(kernel, tap)`, without the holes that dilation made."""
    kernels = [problem.kernel.factors for problem in problems if problem.kernel is not None]
    holes = problems[0].holes
    return {
        name: np.stack([k[axis][::hole] for k in kernels if k is not None]).astype(np.float32)
        for axis, (name, hole) in enumerate(zip(names, holes, strict=True))
    }
