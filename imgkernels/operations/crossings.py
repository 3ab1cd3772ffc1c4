"""Zero crossings: where a second derivative changes its sign, so that the image is steepest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border, pad
from imgkernels.kernel import Kernel
from imgkernels.operations.holes import correlated
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach, added, around, reach_of
from imgkernels.values import Array, Floats

_NOISE = 1e-6  # share of white: what float32 cannot tell from a flat image
_TIE = 1e-5  # relative: heights that float32 hardly tells apart are equal


@dataclass(frozen=True)
class ZeroCrossings:
    """White where a Laplacian of a Gaussian changes its sign to a neighbour, black elsewhere.

    Of the two pixels beside a crossing the one nearer to it is white. `height` is the least step
    (a share of white) that counts: from one side of a step to the other the answer changes by its
    height times the middle of the kernel's profile along the axis, which is near
    1 / (sigma^3 sqrt(2 pi)). `sides` are those of a pixel, one for each axis.
    """

    sigma: float
    height: float
    sides: tuple[float, ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The Laplacian of a Gaussian."""
        return (kernels.log(self.sigma, ndim=len(self.sides), spacing=self.sides),)

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the kernel, and one pixel on to compare with."""
        return added((*map(reach_of, self.kernels), around((1,) * frame.ndim)), frame.ndim)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Correlate, and compare each pixel with its neighbours on the axes."""
        (kernel,) = self.kernels
        curve = correlated(x, kernel, frame)
        # Beyond a constant border there is no curve to compare with.
        border = Border.REPLICATE if frame.border is Border.CONSTANT else frame.border
        lines = np.zeros(curve.shape, bool)
        for axis in range(frame.ndim):
            least = self._least(kernel, axis) * frame.white
            margins = [(int(a == axis),) * 2 for a in range(frame.ndim)]
            around = pad(curve, margins, border)
            n = curve.shape[axis]
            for first in (0, 2):
                lines |= _crossed(curve, around.take(range(first, first + n), axis), least)
        white = np.where(lines, curve.dtype.type(frame.white), curve.dtype.type(0))
        return np.where(np.isnan(curve), curve, white)

    def _least(self, kernel: Kernel, axis: int) -> float:
        """Return the least change from pixel to pixel along an axis that is a line's."""
        across = tuple(a for a in range(kernel.ndim) if a != axis)
        profile = kernel.taps.sum(axis=across)
        noise = _NOISE / min(self.sides) ** 2
        return max(self.height * abs(float(profile[kernel.anchor[axis]])), noise)


def _crossed(here: Floats, there: Floats, least: float) -> Array:
    with ieee():
        apart = abs(here - there)
        equal = abs(here + there) <= _TIE * apart  # of opposite signs: the two sides of a step
        nearer = np.where(equal, here > 0, abs(here) < abs(there))
    crossed: Array = ((here > 0) != (there > 0)) & nearer & (apart >= least)
    return crossed
