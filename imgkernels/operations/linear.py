"""Operations made of correlations: one kernel, or several brought together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, correlated, ieee
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

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate and shift."""
        y = correlated(x, self.kernel, frame)
        return y if self.offset == 0 else y + y.dtype.type(self.offset * frame.white)


@dataclass(frozen=True)
class Magnitude:
    """The length of the vector of several kernels' answers: a gradient's steepness."""

    kernels: tuple[Kernel, ...]

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate with each kernel; the root of the sum of squares."""
        answers = (correlated(x, kernel, frame) for kernel in self.kernels)
        with ieee():
            return reduce(np.hypot, answers) if len(self.kernels) > 1 else np.abs(next(answers))


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

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate with both kernels; the angle of the vector."""
        up, right = (correlated(x, kernel, frame) for kernel in self.kernels)
        angle: Floats = np.mod(np.arctan2(up, right) / up.dtype.type(2 * math.pi), 1)
        # What float32 cannot tell from flat has no direction.
        noise = 1e-6 * frame.white * float(np.abs(self.along_x.taps).sum())
        angle[np.hypot(up, right) <= noise] = 0
        return angle * up.dtype.type(frame.white)
