"""The sliding window as a loop compiled on this machine, through Halide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.bordered import given
from imgkernels.engine.compiled.dense import SOURCES, Dense, dense
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.method import one_kernel, samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats, room_for

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
        if problem.compute != _FLOAT32:
            return f"computes in float32; this needs {problem.compute.name}"
        if max(samples(problem), math.prod(problem.shape)) * 4 > library.MOST_BYTES:
            return "takes 2 GiB at most"
        return one_kernel(problem)

    def start(self, problem: Problem) -> float:
        return library.START

    def cost(self, problem: Problem) -> float:
        return 3e-5 + (0.2e-9 + 0.006e-9 * problem.taps) * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        return self.finished([problem], x, Finish())

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        """Results of other dtypes than the image's are rounded after, to compile fewer loops."""
        if finish.length:
            # Where sums are infinite or NaN their length has rules of its own.
            tame = x.dtype.kind != "f" or bool(np.isfinite(x).all())
            fit = tame and len(problems) <= _MOST_SUMS and _alike(problems)
        else:
            fit = len(problems) == 1
        return fit and (
            finish.result in (None, _FLOAT32)
            or (finish.result == x.dtype and x.dtype.name in SOURCES and _bounded(problems, finish))
        )

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        room_for(x[:0], problems[0].border_value)  # refuses a value that no float32 holds
        x = x if x.dtype.name in SOURCES else x.astype(np.float32)
        x = np.require(x, requirements=["C", "A"])
        result = finish.result or _FLOAT32
        problem, count = problems[0], len(problems) if finish.length else 0
        loop = dense(Dense(x.dtype, result, count, problem.taps >= _LONG))
        kernels = [each.kernel for each in problems if each.kernel is not None]
        y = np.empty((x.shape[0], *problem.dense_space, x.shape[-1]), result)
        for image, answer in _volumes(problem, x, y):
            _slide(loop, problem, image, answer, kernels, finish.offset)
        return strided(problem, y)


def _alike(problems: Sequence[Problem]) -> bool:
    first = problems[0]
    return all(p.reach == first.reach and p.holes == first.holes for p in problems)


def _bounded(problems: Sequence[Problem], finish: Finish) -> bool:
    """Whether no sum leaves float32: what is infinite or NaN has no place in an integer."""
    sums = [float(np.abs(p.kernel.taps).sum()) for p in problems if p.kernel is not None]
    most = max(65536.0, abs(problems[0].border_value))
    return sum(sums) * most + abs(finish.offset) < 1e18


def _volumes(problem: Problem, x: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return the input and the output as pairs of `(z, y, x, channels)`."""
    if problem.ndim == 3:
        return list(zip(x, y, strict=True))
    lead = (1,) * (2 - problem.ndim)
    return [(x.reshape(*lead, *x.shape), y.reshape(*lead, *y.shape))]


def _slide(
    loop: library.Compiled,
    problem: Problem,
    image: Array,
    answer: Array,
    kernels: Sequence[Kernel],
    offset: float,
) -> None:
    axes = 3 - problem.ndim
    inputs = given(
        image, [*[(0, 0)] * axes, *problem.margins], problem.border, problem.border_value
    )
    planes, rows, columns = *(1,) * axes, *problem.holes
    thin = tuple(slice(None, None, hole) for hole in problem.holes)
    taps = np.stack([kernel.taps[thin] for kernel in kernels]).astype(np.float32)
    inputs["taps"] = taps.reshape(len(kernels), *(1,) * axes, *taps.shape[1:])
    inputs["step"] *= columns
    inputs["offset"] = offset
    flat = answer.reshape(*answer.shape[:2], -1)
    # Rows and planes that a dilated window does not bring together are images of their own.
    for plane, row in np.ndindex(min(planes, flat.shape[0]), min(rows, flat.shape[1])):
        places: dict[str, Any] = {
            "at_z": np.ascontiguousarray(inputs["at_z"][plane::planes]),
            "at_y": np.ascontiguousarray(inputs["at_y"][row::rows]),
        }
        loop(flat[plane::planes, row::rows], **(inputs | places))
