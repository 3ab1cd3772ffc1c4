"""One row after the other, and the pixel itself, as a loop compiled on this machine (Halide)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.slide import laid, obstacle, readable, room, slide, stacks
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.centred import parted
from imgkernels.engine.methods.halide import measures, rounds
from imgkernels.engine.methods.method import samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.taps import Taps
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
        if problem.ndim == 1 or problem.kernel is None or not _separable(problem):
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

    def finished(
        self, problems: Sequence[Problem], x: Array, finish: Finish, answer: Array | None = None
    ) -> Array:
        from imgkernels.engine.compiled.rows import Rows, rows
        from imgkernels.engine.compiled.volume import Volume, volume

        problem, result = problems[0], finish.result or _FLOAT32
        y, margins = room(problem, x, result, answer), None
        if problem.ndim == 3:
            whole, margins = laid(problem, x)
            x = readable(problem, whole)
            loop = volume(Volume(x.dtype, result, len(problems) if finish.length else 0))
            given = _volume_rows(problems)
        else:
            x = readable(problem, x)
            given = _plane_rows(problem)
            loop = rows(Rows(x.dtype, result, centred="own" in given))
        for image, target in stacks(problem, x, y):
            slide(loop, problem, image, target, given | {"offset": finish.offset}, margins)
        return strided(problem, y)


def _volume_rows(problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the rows along each axis, `(kernel, tap)`, and what goes with them."""
    from imgkernels.engine.compiled.volume import rows_at_once

    kernels = [_thin(problem) for problem in problems]
    names = ("along_z", "along_y", "along_x")
    given: dict[str, Any] = {
        name: np.stack([kernel[axis] for kernel in kernels]).astype(np.float32)
        for axis, name in enumerate(names)
    }
    given["rows"] = rows_at_once(-(-problems[0].dense_space[1] // problems[0].holes[1]))
    given["share"] = given["along_z"].sum(axis=1) * given["along_y"].sum(axis=1)
    return given


def _plane_rows(problem: Problem) -> dict[str, Any]:
    """Return the rows of a plane, and how much of the pixel itself is added where some is."""
    own, *factors = _parts(problem)
    along_y, along_x = (np.asarray(row, np.float32) for row in factors)
    given: dict[str, Any] = {"along_y": along_y, "along_x": along_x}
    if own is not None:
        place_y, place_x = problem.anchor
        given |= {"own": own, "place_y": place_y, "place_x": place_x}
    return given


def _separable(problem: Problem) -> bool:
    """Tell whether a kernel is a product of rows, or is but for the tap on the pixel itself."""
    assert problem.kernel is not None
    if problem.kernel.factors is not None:
        return True
    return problem.ndim == 2 and max(problem.holes) == 1 and parted(problem.kernel) is not None


def _parts(problem: Problem) -> tuple[float | None, Taps, Taps]:
    """Return how much of the pixel itself is added, None for nothing, and the rows of a plane."""
    assert problem.kernel is not None
    if problem.kernel.factors is None:
        found = parted(problem.kernel)
        assert found is not None
        return found
    along_y, along_x = _thin(problem)
    return None, along_y, along_x


def _thin(problem: Problem) -> list[Taps]:
    """Return the rows without the holes that dilation made."""
    assert problem.kernel is not None and problem.kernel.factors is not None
    return [row[::hole] for row, hole in zip(problem.kernel.factors, problem.holes, strict=True)]
