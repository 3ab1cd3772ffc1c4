"""Operations made of correlations: one kernel, or several brought together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imgkernels.engine import Fill, Finish, fill_for
from imgkernels.kernel import Kernel
from imgkernels.operations.holes import correlated, finished
from imgkernels.operations.operation import Frame, Operation, ieee, plan_at
from imgkernels.operations.reach import Reach, reach_of, widest
from imgkernels.values import Array, Floats


@dataclass(frozen=True)
class Convolve:
    """One kernel, then an offset given as a share of white (0.5 is mid-grey)."""

    kernel: Kernel
    offset: float = 0.0

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel."""
        return (self.kernel,)

    def reach(self, frame: Frame) -> Reach:
        """As far as the kernel."""
        return reach_of(self.kernel)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate and shift."""
        return finished(x, self.kernels, frame, self._finish(frame))

    def rounded(self, x: Array, frame: Frame, dtype: np.dtype[Any]) -> Array:
        """Correlate, shift and round."""
        return finished(x, self.kernels, frame, replace(self._finish(frame), result=dtype))

    def fill(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], frame: Frame, result: np.dtype[Any]
    ) -> Fill | None:
        """Correlate, shift and round."""
        finish = replace(self._finish(frame), result=result)
        return fill_for([plan_at(shape, dtype, self.kernel, frame)], finish)

    def _finish(self, frame: Frame) -> Finish:
        return Finish(offset=self.offset * frame.white)


@dataclass(frozen=True)
class Magnitude:
    """The length of the vector of several kernels' answers: a gradient's steepness."""

    kernels: tuple[Kernel, ...]

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the widest kernel."""
        return widest(map(reach_of, self.kernels))

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate with each kernel; the root of the sum of squares."""
        return finished(x, self.kernels, frame, Finish(length=True))

    def rounded(self, x: Array, frame: Frame, dtype: np.dtype[Any]) -> Array:
        """Correlate with each kernel; the root of the sum of squares, rounded."""
        return finished(x, self.kernels, frame, Finish(length=True, result=dtype))

    def fill(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], frame: Frame, result: np.dtype[Any]
    ) -> Fill | None:
        """Correlate with each kernel; the root of the sum of squares, rounded."""
        plans = [plan_at(shape, dtype, kernel, frame) for kernel in self.kernels]
        return fill_for(plans, Finish(length=True, result=result))


@dataclass(frozen=True)
class Direction:
    """The direction in which the image gets brighter, as a share of a turn times white.

    0 is along x, a quarter of white along y (downwards); where nothing changes it is 0.
    """

    along_y: Kernel
    along_x: Kernel

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The two derivatives, y before x."""
        return (self.along_y, self.along_x)

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the widest kernel."""
        return widest(map(reach_of, self.kernels))

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate with both kernels; the angle of the vector."""
        up, right = (correlated(x, kernel, frame) for kernel in self.kernels)
        angle: Floats = np.mod(np.arctan2(up, right) / up.dtype.type(2 * math.pi), 1)
        # What float32 cannot tell from flat has no direction.
        size = max(float(np.abs(kernel.taps).sum()) for kernel in self.kernels)
        noise = 1e-6 * frame.white * size
        angle[np.hypot(up, right) <= noise] = 0
        return angle * up.dtype.type(frame.white)


@dataclass(frozen=True)
class Strongest:
    """The largest of several operations' answers, or which one gave it, as a share of white.

    Of n operations the first is black, the next 1 / n of white, and so on; of equals the first.
    """

    operations: tuple[Operation, ...]
    which: bool = False

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of all of them, in order."""
        return tuple(kernel for operation in self.operations for kernel in operation.kernels)

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the one that looks farthest."""
        return widest(each.reach(frame) for each in self.operations)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Run each operation; the maximum, or its place."""
        # What float32 cannot tell apart is equal, so that a flat image has no direction.
        noise = 1e-6 * frame.white * max(float(np.abs(k.taps).sum()) for k in self.kernels)
        best: Floats = self.operations[0].run(x, frame)
        place = np.zeros(best.shape, best.dtype)
        for number, operation in enumerate(self.operations[1:], start=1):
            answer = operation.run(x, frame)
            place[answer > best + noise] = number
            best = np.maximum(best, answer)
        if not self.which:
            return best
        return np.where(np.isnan(best), best, place * (frame.white / len(self.operations)))


@dataclass(frozen=True)
class Projection:
    """How much of a window lies in the span of some kernels of an orthonormal basis.

    The cosine of the angle between the window and the span, times white; 0 where the window is 0.
    """

    part: tuple[Kernel, ...]
    rest: tuple[Kernel, ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The whole basis, the span first."""
        return self.part + self.rest

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the widest kernel."""
        return widest(map(reach_of, self.kernels))

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate with each kernel; the root of the share of the squares."""
        with ieee():
            squares = [correlated(x, kernel, frame) ** 2 for kernel in self.kernels]
            part: Floats = sum(squares[: len(self.part)], np.zeros_like(squares[0]))
            whole: Floats = sum(squares[len(self.part) :], part)
            share: Floats = np.sqrt(part / np.where(whole == 0, whole.dtype.type(1), whole))
            return share * part.dtype.type(frame.white)
