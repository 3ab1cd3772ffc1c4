"""What an operation is, and what it is told about the image it runs on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

import numpy as np

from imgkernels.border import Border
from imgkernels.engine import Fill, Plan, Problem, plan_for
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import LEAST_SIGMA, per_axis
from imgkernels.operations.reach import Reach
from imgkernels.values import Array, Floats


class Nan(StrEnum):
    """What NaN does.

    PROPAGATE: it reaches every pixel whose window holds it. IGNORE: it weighs nothing, and what
    lies around fills it. KEEP: it weighs nothing and stays where it is.
    """

    PROPAGATE = "propagate"
    IGNORE = "ignore"
    KEEP = "keep"


@dataclass(frozen=True)
class Frame:
    """The image an operation runs on, without its pixels, and how the user wants it run.

    `dtype` and `white` are those of the image that came in: between the steps of a pipeline the
    pixels are floats, but 8 bits stay 8 bits for the rules that depend on them. `certainty`,
    `(*space, 1)` from 0 to 1, is how much each pixel weighs; `spacing` how far apart pixels lie
    along each axis (z, y, x), where that is not 1.

    `like` names the library whose rules are followed, if any; then `border_asked` tells whether
    the border was asked for or is only the default, and `result` is the dtype that the library's
    call is asked for: that of the image where it is None.

    `repeat` tells how many such images, or tiles of one, will come: they share what a method
    pays once.
    """

    ndim: int = 2
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.uint8))
    white: float = 255.0
    border: Border = Border.REFLECT
    border_value: float = 0.0
    method: str = "auto"
    nan: Nan = Nan.PROPAGATE
    certainty: Floats | None = field(default=None, compare=False, repr=False)
    spacing: tuple[float, ...] | None = None
    like: str | None = None
    border_asked: bool = False
    result: np.dtype[Any] | None = None
    repeat: int = 1

    @property
    def truncate(self) -> float:
        """Where a Gaussian is cut off, in sigmas: OpenCV's 3 for 8 bits and 4 for the others."""
        return 3.0 if self.dtype.itemsize == 1 else 4.0

    @property
    def stored(self) -> np.dtype[Any]:
        """The dtype that a library's call is asked to answer in."""
        return self.dtype if self.result is None else self.result

    @property
    def steps(self) -> tuple[float, ...]:
        """The distance from pixel to pixel along each axis."""
        return self.spacing or (1.0,) * self.ndim

    def pixels(self, length: float | Sequence[float]) -> tuple[float, ...]:
        """Return a length, or one for each axis, in pixels along each axis.

        What is below the least sigma there is becomes 0: it reaches no other pixel.
        """
        lengths = per_axis(length, self.ndim, "spacing", "length")
        if self.spacing is None:
            return lengths
        found = (value / step for value, step in zip(lengths, self.spacing, strict=True))
        return tuple(value if value >= LEAST_SIGMA else 0.0 for value in found)

    def reach(self, length: float) -> tuple[int, ...]:
        """Return the whole number of pixels along each axis nearest to a length."""
        return tuple(math.floor(length / step + 0.5) for step in self.steps)

    def window(self, size: int) -> tuple[int, ...]:
        """Return the number of pixels along each axis nearest to a size, 1 or more."""
        return tuple(max(1, math.floor(size / step + 0.5)) for step in self.steps)

    def odd_window(self, size: int) -> tuple[int, ...]:
        """Return the odd number of pixels along each axis nearest to a size; of two the larger."""
        return tuple(2 * math.floor(max(size / step, 1) / 2) + 1 for step in self.steps)


class Operation(Protocol):
    """Image in, image out: `(*space, C)` of any supported dtype; what comes out is not rounded.

    A filter that is local says how far it looks, so that it may be computed tile by tile.
    """

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels it applies, in order; none for what is not a sum of products."""

    def reach(self, frame: Frame) -> Reach | None:
        """Return how far it looks before and after a pixel on each axis; None: at the whole image.

        Where it looks beyond the edge, it sees what the frame's border has there.
        """

    def run(self, x: Array, frame: Frame) -> Array:
        """Compute the answer; the input is not written."""


@runtime_checkable
class Roundable(Operation, Protocol):
    """An operation that can round its answer where it is computed, which saves a pass over it."""

    def rounded(self, x: Array, frame: Frame, dtype: np.dtype[Any]) -> Array:
        """Compute the answer, rounded half to even and saturated once."""


@runtime_checkable
class Filling(Operation, Protocol):
    """An operation that can write its rounded answer where it belongs, for blocks of a shape."""

    def fill(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], frame: Frame, result: np.dtype[Any]
    ) -> Fill | None:
        """Return what fills the answer for `(*space, C)` in which all values count; or None."""


def plan_of(x: Array, kernel: Kernel, frame: Frame) -> Plan:
    """Plan the correlation of `(*space, C)` with a kernel, as the frame has it."""
    return plan_at(x.shape, x.dtype, kernel, frame)


def plan_at(shape: tuple[int, ...], dtype: np.dtype[Any], kernel: Kernel, frame: Frame) -> Plan:
    """Plan the correlation of any `(*space, C)` of a shape and a dtype."""
    return plan_for(_problem(shape, dtype, kernel, frame), frame.method, frame.repeat)


def problem_of(x: Array, kernel: Kernel, frame: Frame) -> Problem:
    """Pose the correlation of `(*space, C)` with a kernel, as the frame has it."""
    return _problem(x.shape, x.dtype, kernel, frame)


def _problem(shape: tuple[int, ...], dtype: np.dtype[Any], kernel: Kernel, frame: Frame) -> Problem:
    border, value = frame.border, frame.border_value
    return Problem.of_kernel((1, *shape), dtype, kernel, border=border, border_value=value)


def summed(x: Array, kernel: Kernel, frame: Frame) -> Floats:
    """Correlate `(*space, C)` with a kernel, unrounded; NaN reaches whatever window holds it."""
    y: Floats = plan_of(x, kernel, frame).run(x[np.newaxis])[0]
    return y


def ieee() -> np.errstate:
    """Let NaN and infinity go their way without a warning; they are answers, not accidents."""
    return np.errstate(invalid="ignore", over="ignore")
