"""An operation's answer at one pixel, taken apart as the operation makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from imgkernels.analysis.trace.parts import Mapping, Part, picked, summed
from imgkernels.kernel import Kernel
from imgkernels.operations import (
    Blend,
    Canny,
    Chain,
    Convolve,
    Direction,
    Frame,
    Magnitude,
    Operation,
    Pointwise,
    Projection,
    Rank,
    Strongest,
)
from imgkernels.operations.point import grey, stretched
from imgkernels.taps import Taps
from imgkernels.values import Array

_POINTS = 65  # of a curve that is drawn
_BROUGHT = {
    Magnitude: "root of the sum of squares",
    Direction: "angle of the vector, as a share of a turn times white",
    Strongest: "the largest",
    Projection: "share of the first kernels in the window, times white",
}


def dissected(operation: Operation, x: Array, at: tuple[int, ...], frame: Frame) -> list[Part]:
    """Return the parts of an operation's answer on `(*space, C)` at a pixel, in order."""
    return list(_parts(operation, x, at, frame))


def _parts(operation: Operation, x: Array, at: tuple[int, ...], frame: Frame) -> Iterator[Part]:
    match operation:
        case Convolve(kernel, offset):
            yield summed("kernel", x, at, kernel, frame, offset * frame.white)
        case Rank(window, rank):
            title = f"value {rank + 1} of {operation.members}, in order"
            yield picked(title, x, at, window, rank, frame)
        case Pointwise():
            yield _curve(operation, x, at, frame)
        case Chain(operations):
            yield from _in_order(operations, x, at, frame)
        case Blend(over, mix):
            yield from _parts(over, x, at, frame)
            given = (("picture", _value(x, at)), ("answer", _answer(over, x, at, frame)))
            yield Mapping(mix.__name__, given, _answer(operation, x, at, frame))
        case Magnitude() | Direction() | Strongest() | Projection():
            yield from _brought_together(operation, x, at, frame)
        case Canny():
            yield from _canny(operation, x, at, frame)
        case _:
            name = type(operation).__name__.lower()
            yield Mapping(name, (("picture", _value(x, at)),), _answer(operation, x, at, frame))


def _value(x: Array, at: tuple[int, ...]) -> Taps:
    return np.asarray(x[at], np.float64)


def _answer(operation: Operation, x: Array, at: tuple[int, ...], frame: Frame) -> Taps:
    return _value(operation.run(x, frame), at)


def _in_order(
    operations: tuple[Operation, ...], x: Array, at: tuple[int, ...], frame: Frame
) -> Iterator[Part]:
    for operation in operations:
        yield from _parts(operation, x, at, frame)
        x = operation.run(x, frame)


def _brought_together(
    operation: Operation, x: Array, at: tuple[int, ...], frame: Frame
) -> list[Part]:
    sums = _sums(operation.kernels, x, at, frame)
    given = tuple((part.title, part.value) for part in sums)
    title = _BROUGHT[type(operation)]
    if isinstance(operation, Strongest) and operation.which:
        title = "place of the largest, as a share of white"
    return [*sums, Mapping(title, given, _answer(operation, x, at, frame))]


def _sums(kernels: tuple[Kernel, ...], x: Array, at: tuple[int, ...], frame: Frame) -> list[Part]:
    many = len(kernels) > 1
    titles = [f"kernel {n}" if many else "kernel" for n in range(1, len(kernels) + 1)]
    return [
        summed(title, x, at, kernel, frame) for title, kernel in zip(titles, kernels, strict=True)
    ]


def _curve(operation: Pointwise, x: Array, at: tuple[int, ...], frame: Frame) -> Mapping:
    given, value = (("picture", _value(x, at)),), _answer(operation, x, at, frame)
    if operation.curve in (grey, stretched):  # these look at more than one value
        return Mapping(operation.curve.__name__, given, value)
    ramp = np.linspace(0, frame.white, _POINTS)
    out = operation.run(ramp[:, np.newaxis], replace(frame, ndim=1))[:, 0]
    return Mapping(operation.curve.__name__, given, value, np.stack([ramp, out], axis=1))


def _canny(operation: Canny, x: Array, at: tuple[int, ...], frame: Frame) -> Iterator[Part]:
    """Show smoothing and both slopes; what a line is, only the whole picture says."""
    smoothing, *slopes = operation.kernels
    yield summed("smoothing", x, at, smoothing, frame)
    smooth = Convolve(smoothing).run(x, frame)
    sums = [
        summed(f"slope along {axis}", smooth, at, kernel, frame)
        for axis, kernel in zip("yx", slopes, strict=True)
    ]
    yield from sums
    slope = np.hypot(*(part.value for part in sums)) / frame.white
    limits = [np.full_like(slope, limit) for limit in (operation.low, operation.high)]
    given = tuple(zip(("slope, share of white", "low", "high"), (slope, *limits), strict=True))
    yield Mapping("on a line that reaches high", given, _answer(operation, x, at, frame))
