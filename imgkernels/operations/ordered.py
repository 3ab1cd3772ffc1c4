"""A correlation summed tap by tap in a stated order: where fractions are cut off, it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.border import pad
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach, reach_of
from imgkernels.values import Array, Floats, room_for


@dataclass(frozen=True)
class Ordered:
    """One kernel, its products added row by row as the taps are read, zeros left out.

    For libraries whose plain loops are to be met to the last bit; in float64 unless float32 is
    asked for. Slower than `Convolve`: a pass over the image for each tap.
    """

    kernel: Kernel
    dtype: str = "float64"

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel."""
        return (self.kernel,)

    def reach(self, frame: Frame) -> Reach:
        """As far as the kernel."""
        return reach_of(self.kernel)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Add up tap by tap."""
        kernel, dtype = self.kernel, np.dtype(self.dtype)
        margins = reach_of(kernel)
        roomy = room_for(x, frame.border_value)
        whole = pad(roomy, margins, frame.border, frame.border_value).astype(dtype, copy=False)
        y: Floats = np.zeros(x.shape, dtype)
        with ieee():
            for at, tap in np.ndenumerate(kernel.taps):
                if tap != 0:
                    part = tuple(slice(i, i + n) for i, n in zip(at, x.shape, strict=False))
                    y += whole[part] * dtype.type(tap)
        return y
