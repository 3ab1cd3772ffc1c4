"""OpenCV's own filter2D on 8 bits: what its transform rounds can only be had from itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels import opencv
from imgkernels.engine.methods.plane import FLAGS
from imgkernels.kernel import Kernel
from imgkernels.operations.holes import correlated
from imgkernels.operations.operation import Frame
from imgkernels.operations.reach import Reach
from imgkernels.values import Array


@dataclass(frozen=True)
class Native:
    """One kernel through cv2.filter2D in the depth of the image; summed here where it is missing.

    Wide windows go through its transform in float32, block by block; where a half is near, which
    level comes out depends on those blocks. Pixels that are floats by now are summed here too.
    """

    kernel: Kernel

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernel."""
        return (self.kernel,)

    def reach(self, frame: Frame) -> Reach | None:
        """Anywhere: what a pixel comes to depends on the blocks of the transform."""
        return None

    def run(self, x: Array, frame: Frame) -> Array:
        """Ask OpenCV for the whole image, colours together."""
        cv2 = opencv.load()
        if cv2 is None or x.dtype != np.uint8 or x.size == 0:
            return correlated(x, self.kernel, frame)
        y: Array = cv2.filter2D(
            np.ascontiguousarray(x), -1, self.kernel.taps,
            anchor=self.kernel.anchor[::-1], borderType=FLAGS[frame.border],
        )  # fmt: skip
        return y.reshape(x.shape)
