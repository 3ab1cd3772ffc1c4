"""One or three axes as planes, through OpenCV's filters of two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from imgkernels import opencv
from imgkernels.border import Border
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import plane, volume
from imgkernels.engine.methods.method import extended, one_kernel, samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats

# Seconds a plane costs, a value for each pass, and for each tap: of rows, and of dense planes.
_PLANE, _PASS, _TAP, _DENSE, _EACH_DENSE = 5e-6, 0.6e-9, 0.04e-9, 0.03e-9, 1.0e-9
_SPREAD = 0.55  # of that where a volume is shared among two cores
_FROM_DFT, _DFT = 121, 9e-9  # taps from which OpenCV goes over to a transform, and its cost

_ONE = np.ones(1)


class Stack:
    """Signals and volumes: plane by plane along the last two axes, then across the planes."""

    name = "stack"
    summary = "plane by plane, then across the planes (OpenCV)"

    def missing(self) -> str | None:
        return plane.missing()

    def obstacle(self, problem: Problem) -> str | None:
        if problem.ndim == 2:
            return "this has 2 axes, which need no stack"
        if problem.channels > plane.MOST_CHANNELS:
            return plane.too_many_channels(problem)
        return one_kernel(problem)

    def cost(self, problem: Problem) -> float:
        assert problem.kernel is not None
        first, *others = problem.window
        planes = problem.shape[0] * (problem.space[0] if others else 1)
        if problem.kernel.factors is not None:
            each = (3 * _PASS + _TAP * sum(problem.window)) * (_SPREAD if others else 1)
        else:
            taps = int(np.prod(others))
            each = first * (_EACH_DENSE + _DENSE * taps if taps < _FROM_DFT else _DFT)
            planes *= first
        return _PLANE * planes + each * problem.compute.itemsize / 4 * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        assert problem.kernel is not None
        kernel, do = problem.kernel, _lines if problem.ndim == 1 else _volume
        return _placed(problem, x, partial(do, kernel))

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        alike = len({(p.window, p.anchor) for p in problems}) == 1
        rows = [p.kernel.factors for p in problems if p.kernel is not None]
        separable = problems[0].ndim == 3 and all(row is not None for row in rows)
        plain = finish.offset == 0 and finish.result in (None, problems[0].compute)
        return finish.length and alike and separable and plain

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        kernels = [p.kernel for p in problems if p.kernel is not None]
        return _placed(problems[0], x, partial(volume.lengths, kernels))


def _placed(problem: Problem, x: Array, do: Callable[[Array, Floats, Border], None]) -> Floats:
    """Do it with each image, bordered where OpenCV's filters lack the border; cut the answer."""
    if plane.needs_extending(problem):
        whole, border = extended(problem, x), Border.CONSTANT
        corner = [before for before, _ in problem.reach]
    else:
        whole, border, corner = x, problem.border, [0] * problem.ndim
    y = np.empty(whole.shape, problem.compute)
    images = [(whole, y)] if problem.ndim == 1 else zip(whole, y, strict=True)
    for image, target in images:
        do(image, target, border)
    cut = (slice(c, c + n) for c, n in zip(corner, problem.dense_space, strict=True))
    return np.ascontiguousarray(strided(problem, y[:, *cut]))


def _lines(kernel: Kernel, x: Array, target: Floats, border: Border) -> None:
    """Filter `(N, W, C)` as one image of N rows."""
    rows, anchor = (_ONE, kernel.taps), (0, *kernel.anchor)
    volume.sweeping(rows, anchor, border, target.dtype)(x, target)


def _volume(kernel: Kernel, x: Array, target: Floats, border: Border) -> None:
    if kernel.factors is None:
        _dense(kernel, x, target, border)
    else:
        volume.correlate(kernel, x, target, border)


def _dense(kernel: Kernel, x: Array, target: Floats, border: Border) -> None:
    """Filter for each plane all that its window holds, each with its own layer of the kernel."""
    cv2 = opencv.require()
    layers, anchor = kernel.taps.astype(target.dtype), kernel.anchor[2:0:-1]
    before = kernel.anchor[0]
    seen = border.indices(len(x), before, len(layers) - 1 - before)
    target[...] = 0
    for z in range(len(target)):
        for layer, place in zip(layers, seen[z : z + len(layers)], strict=True):
            if place >= 0 and layer.any():
                image = x[place].astype(target.dtype, copy=False)
                part = cv2.filter2D(image, -1, layer, anchor=anchor, borderType=plane.FLAGS[border])
                target[z] += part.reshape(target[z].shape)
