"""One or three axes as planes, through OpenCV's filters of two."""

from __future__ import annotations

import numpy as np

from imgkernels import opencv
from imgkernels.border import Border
from imgkernels.engine.methods import plane
from imgkernels.engine.methods.method import extended, one_kernel, samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

# Seconds a plane costs, a value for each pass, and for each tap: of rows, and of dense planes.
_PLANE, _PASS, _TAP, _DENSE, _EACH_DENSE = 5e-6, 0.7e-9, 0.04e-9, 0.03e-9, 1.0e-9
_FROM_DFT, _DFT = 121, 9e-9  # taps from which OpenCV goes over to a transform, and its cost
_ACROSS = 1 << 11  # columns filtered along the first axis at a time: their rows stay in cache


Dtype = np.dtype[np.floating]

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
            return (
                f"OpenCV takes at most {plane.MOST_CHANNELS} channels; this has {problem.channels}"
            )
        return one_kernel(problem)

    def cost(self, problem: Problem) -> float:
        assert problem.kernel is not None
        first, *others = problem.window
        planes = problem.shape[0] * (problem.space[0] if others else 1)
        if problem.kernel.factors is not None:
            each = 3 * _PASS + _TAP * sum(problem.window)
        else:
            taps = int(np.prod(others))
            each = first * (_EACH_DENSE + _DENSE * taps if taps < _FROM_DFT else _DFT)
            planes *= first
        return _PLANE * planes + each * problem.compute.itemsize / 4 * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        assert problem.kernel is not None
        if plane.needs_extending(problem):
            whole, border = extended(problem, x), Border.CONSTANT
            corner = [before for before, _ in problem.reach]
        else:
            whole, border, corner = x, problem.border, [0] * problem.ndim
        run = _along_x if problem.ndim == 1 else _volumes
        y = run(whole, problem.kernel, border, problem.compute)
        cut = (slice(c, c + n) for c, n in zip(corner, problem.dense_space, strict=True))
        return np.ascontiguousarray(strided(problem, y[:, *cut]))


def _along_x(x: Array, kernel: Kernel, border: Border, dtype: Dtype) -> Floats:
    """Filter `(N, W, C)` as one image of N rows."""
    y = np.empty(x.shape, dtype)
    _pass(x, y, (_ONE, kernel.taps), (0, *kernel.anchor), border)
    return y


def _volumes(x: Array, kernel: Kernel, border: Border, dtype: Dtype) -> Floats:
    y = np.empty(x.shape, dtype)
    for volume, target in zip(x, y, strict=True):
        if kernel.factors is not None:
            _separable(volume, target, kernel, border)
        else:
            _dense(volume, target, kernel, border)
    return y


def _separable(volume: Array, target: Floats, kernel: Kernel, border: Border) -> None:
    """Filter each plane of `(D, H, W, C)`, then across them, some columns at a time, in place."""
    assert kernel.factors is not None
    across, *along = kernel.factors
    for image, filtered in zip(volume, target, strict=True):
        _pass(image, filtered, tuple(along), kernel.anchor[1:], border)
    columns = target.reshape(len(target), -1, 1)
    for start in range(0, columns.shape[1], _ACROSS):
        part = columns[:, start : start + _ACROSS]
        _pass(part, part, (across, _ONE), (kernel.anchor[0], 0), border)


def _dense(volume: Array, target: Floats, kernel: Kernel, border: Border) -> None:
    """Filter for each plane all that its window holds, each with its own layer of the kernel."""
    cv2 = opencv.require()
    layers, anchor = kernel.taps.astype(target.dtype), kernel.anchor[2:0:-1]
    before = kernel.anchor[0]
    seen = border.indices(len(volume), before, len(layers) - 1 - before)
    target[...] = 0
    for z in range(len(target)):
        for layer, place in zip(layers, seen[z : z + len(layers)], strict=True):
            if place >= 0 and layer.any():
                image = volume[place].astype(target.dtype, copy=False)
                part = cv2.filter2D(image, -1, layer, anchor=anchor, borderType=plane.FLAGS[border])
                target[z] += part.reshape(target[z].shape)


def _pass(
    image: Array, target: Floats, rows: tuple[Taps, ...], anchor: tuple[int, ...], border: Border
) -> None:
    """Filter `(H, W, C)` along y and along x; where both are the same memory, in place."""
    cv2, dtype = opencv.require(), target.dtype
    if image.dtype != np.uint8:  # from others but floats OpenCV takes a slow way
        image = image.astype(dtype, copy=False)
    along_y, along_x = (row.astype(dtype) for row in rows)
    if image.shape[-1] == 1:  # OpenCV leaves such an axis out
        image, target = image[..., 0], target[..., 0]
    flag = plane.FLAGS[border]
    cv2.sepFilter2D(
        image,
        -1 if image.dtype == dtype else cv2.CV_32F,
        along_x,
        along_y,
        target,
        anchor[::-1],
        0,
        flag,
    )
