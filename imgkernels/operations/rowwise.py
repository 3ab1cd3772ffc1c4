"""A correlation in float32, each row summed by itself: the order in which Pillow adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.border import pad
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach, reach_of
from imgkernels.values import Array, Floats


@dataclass(frozen=True)
class Rowwise:
    """One kernel of two axes, all in float32: to `start` the sum of each row, the last one first.

    For libraries that are to be met to the last bit: float32 sums of sixths and hundredths come
    out on either side of a half as their order has it. No zero is left out.
    """

    kernel: Kernel
    start: float = 0.0

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel."""
        return (self.kernel,)

    def reach(self, frame: Frame) -> Reach:
        """As far as the kernel."""
        return reach_of(self.kernel)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Add up row by row."""
        kernel = self.kernel
        margins = reach_of(kernel)
        whole = pad(x, margins, frame.border, frame.border_value).astype(np.float32)
        rows, columns = x.shape[:2]
        y = np.full(x.shape, self.start, np.float32)
        with ieee():
            for i in reversed(range(kernel.shape[0])):
                band, taps = whole[i : i + rows], kernel.taps[i].astype(np.float32)
                total = band[:, :columns] * taps[0]
                for j in range(1, taps.size):
                    total += band[:, j : j + columns] * taps[j]
                y += total
        return y
