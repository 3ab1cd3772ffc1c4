"""A correlation of whole numbers that shifts each product before it adds, in 16 bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.border import pad
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame
from imgkernels.operations.reach import Reach, reach_of
from imgkernels.values import Array


@dataclass(frozen=True)
class Shifted:
    """Products of 8-bit values and whole taps, each shifted by `early` and the sum by `late`.

    Shifts round half up; sums stay in 16 bits. To the answer, in 8 bits, `offset` is added.
    """

    mantissas: Kernel
    early: int
    late: int
    offset: int = 0

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel that it comes to."""
        return (self.mantissas * 2.0 ** -(self.early + self.late),)

    def reach(self, frame: Frame) -> Reach:
        """As far as the kernel."""
        return reach_of(self.mantissas)

    def run(self, x: Array, frame: Frame) -> Array:
        """Add up tap by tap."""
        kernel = self.mantissas
        margins = reach_of(kernel)
        whole = pad(x, margins, frame.border, frame.border_value).astype(np.int32)
        total = np.zeros(x.shape, np.int32)
        for at, tap in np.ndenumerate(kernel.taps):
            if tap != 0:
                part = tuple(slice(i, i + n) for i, n in zip(at, x.shape, strict=False))
                total += half_up(whole[part] * np.int32(tap), self.early)
                total.clip(-(2**15), 2**15 - 1, out=total)
        return (half_up(total, self.late) + self.offset).clip(0, 255).astype(np.uint8)


def half_up(x: Array, bits: int) -> Array:
    """Divide whole numbers by a power of two and round half up."""
    return (x + (1 << bits >> 1)) >> bits
