"""For libraries that compute in shares of white: in from the image's units, and back to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, Operation
from imgkernels.operations.reach import Reach
from imgkernels.values import Array


@dataclass(frozen=True)
class Shares:
    """An operation that sees shares of white in a float dtype; its answer is times white again.

    A constant border is a share too. Where white is 1 the values are only converted.
    """

    over: Operation
    dtype: str = "float64"

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the operation."""
        return self.over.kernels

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the operation."""
        return self.over.reach(frame)

    def run(self, x: Array, frame: Frame) -> Array:
        """Multiply by 1 / white, run, multiply by white."""
        kind = np.dtype(self.dtype).type
        own = replace(frame, white=1.0, border_value=frame.border_value / frame.white)
        y = self.over.run(x.astype(kind) * kind(1 / frame.white), own)
        whole: Array = y * y.dtype.type(frame.white)
        return whole
