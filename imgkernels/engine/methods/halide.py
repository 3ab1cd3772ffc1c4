"""The sliding window as a loop compiled on this machine, through Halide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.slide import SOURCES, obstacle, readable, slide, stacks
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.method import samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

_LONG = 64  # taps from which float32 sums them in parts
_MOST_SUMS = 4  # kernels whose sums a processor's registers hold together
_FLOAT32 = np.dtype(np.float32)


class Halide:
    """Every tap of the window on every value; 1 to 3 axes, one loop for windows of all sizes."""

    name = "halide"
    summary = "the window slides, in a loop compiled for this machine (Halide)"

    def missing(self) -> str | None:
        return library.missing()

    def obstacle(self, problem: Problem) -> str | None:
        return obstacle(problem)

    def start(self, problem: Problem) -> float:
        return library.START

    def cost(self, problem: Problem) -> float:
        # A plane of a volume is bordered again for every plane of the window.
        borders = 0.2e-9 if problem.ndim < 3 else 0.5e-9 * problem.window[0]
        return 3e-5 + (borders + 0.006e-9 * problem.taps) * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        return self.finished([problem], x, Finish())

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        if not finish.length:
            return len(problems) == 1 and rounds(problems, x, finish)
        # Where sums are infinite or NaN their length has rules of its own.
        tame = x.dtype.kind != "f" or bool(np.isfinite(x).all())
        few = len(problems) <= _MOST_SUMS and _alike(problems)
        return tame and few and rounds(problems, x, finish)

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        from imgkernels.engine.compiled.dense import Dense, dense

        problem, count = problems[0], len(problems) if finish.length else 0
        x, result = readable(problem, x), finish.result or _FLOAT32
        loop = dense(Dense(x.dtype, result, count, problem.taps >= _LONG))
        thin = tuple(slice(None, None, hole) for hole in problem.holes)
        taps = np.stack([each.kernel.taps[thin] for each in problems if each.kernel is not None])
        lead = (1,) * (3 - problem.ndim)
        taps = taps.reshape(len(problems), *lead, *taps.shape[1:]).astype(np.float32)
        y = np.empty((x.shape[0], *problem.dense_space, x.shape[-1]), result)
        for image, answer in stacks(problem, x, y):
            slide(loop, problem, image, answer, {"taps": taps, "offset": finish.offset})
        return strided(problem, y)


def rounds(problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
    """Tell whether a loop makes the result: floats, or the dtype of the image, if sums are finite.

    Results of other dtypes are rounded after it, so that there are fewer loops to compile.
    """
    if finish.result in (None, _FLOAT32):
        return True
    return finish.result == x.dtype and x.dtype.name in SOURCES and _bounded(problems, finish)


def _bounded(problems: Sequence[Problem], finish: Finish) -> bool:
    sums = [float(np.abs(p.kernel.taps).sum()) for p in problems if p.kernel is not None]
    most = max(65536.0, abs(problems[0].border_value))
    return sum(sums) * most + abs(finish.offset) < 1e18


def _alike(problems: Sequence[Problem]) -> bool:
    first = problems[0]
    return all(p.reach == first.reach and p.holes == first.holes for p in problems)
