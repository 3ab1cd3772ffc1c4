"""One kernel over all channels: a sum of a correlation of each, as a layer of a network has it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from imgkernels.errors import UnsupportedImage
from imgkernels.kernel import Kernel
from imgkernels.operations.holes import correlated
from imgkernels.operations.operation import Frame
from imgkernels.operations.reach import Reach, reach_of, widest
from imgkernels.values import Array, Floats


@dataclass(frozen=True)
class Across:
    """A kernel for each channel; the answers are added up, and the sum stands in all channels.

    An image of one channel is taken as grey, as if each channel held it: the kernels are added.
    """

    kernels: tuple[Kernel, ...]

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the widest kernel."""
        return widest(map(reach_of, self.kernels))

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate each channel with its kernel, add up; raise `UnsupportedImage` for others."""
        channels = x.shape[-1]
        if channels == 1:
            return correlated(x, reduce(add, self.kernels), frame)
        if channels != len(self.kernels):
            raise UnsupportedImage(
                f"the kernel covers {len(self.kernels)} channels; the image has {channels}"
            )
        planes = (correlated(x[..., c : c + 1], k, frame) for c, k in enumerate(self.kernels))
        return np.broadcast_to(reduce(np.add, planes), x.shape)
