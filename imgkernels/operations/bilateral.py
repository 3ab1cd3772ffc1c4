"""The bilateral filter: a Gaussian blur that leaves out neighbours of another colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels import opencv
from imgkernels.kernel import Kernel
from imgkernels.operations.neighbours import by_rows, stepped, steps, surrounded
from imgkernels.operations.operation import Frame, ieee
from imgkernels.values import Array, Floats, compute_dtype

_BLOCK = 1 << 16  # values of a block of rows: a few of these stay in cache
# OpenCV 4 reads its weights from a table of 4096 steps h over the image's range, straight between
# them, so an answer is off by about h^2 / (8 sigma_colour): 7e-6 of the range for this ratio.
# OpenCV 5.0 shows no such error.
_TABLE = 1000.0


@dataclass(frozen=True)
class Bilateral:
    """A mean whose weights fall with the distance in space and in colour.

    exp(-|p - q|^2 / 2 sigma^2) exp(-|x(p) - x(q)|^2 / 2 sigma_colour^2) over the pixels at most
    `radius` away (a disk, a ball), where the distance of colours is the sum over the channels, as
    in OpenCV. OpenCV computes it where that gives our answer: float32 of 1 or 3 channels on two
    axes, finite, whose range is at most 1000 sigma_colour. All else is computed here.
    """

    sigma: float
    sigma_colour: float
    radius: int

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: its weights depend on the pixels."""
        return ()

    def run(self, x: Array, frame: Frame) -> Floats:
        """Extend the image, then average by OpenCV or step by step."""
        dtype = compute_dtype(x.dtype)
        whole = surrounded(x.astype(dtype, copy=False), self.radius, frame, "bilateral")
        width = float(self.sigma_colour * frame.white)
        if self._suits_opencv(whole, frame, width):
            return self._by_opencv(whole, width)
        return by_rows(whole, self.radius, _BLOCK, lambda rows: self._by_steps(rows, width))

    def _suits_opencv(self, whole: Array, frame: Frame, width: float) -> bool:
        if opencv.load() is None or frame.ndim != 2 or whole.dtype != np.float32:
            return False
        spread = float(np.ptp(whole))  # NaN or infinite where a value is
        return whole.shape[-1] in (1, 3) and spread <= _TABLE * width

    def _by_opencv(self, whole: Array, width: float) -> Floats:
        planes = np.ascontiguousarray(whole[..., 0] if whole.shape[-1] == 1 else whole)
        answer = opencv.require().bilateralFilter(planes, 2 * self.radius + 1, width, self.sigma)
        return stepped(answer.reshape(whole.shape), self.radius, (0, 0))

    def _by_steps(self, rows: Array, width: float) -> Floats:
        ndim = rows.ndim - 1
        middle = stepped(rows, self.radius, (0,) * ndim)
        total, weights = np.zeros_like(middle), np.zeros_like(middle[..., :1])
        for step in steps(self.radius, ndim):
            square = sum(s * s for s in step)
            if square > self.radius**2:
                break  # the nearest come first
            there = stepped(rows, self.radius, step)
            with ieee():
                apart = abs(there - middle).sum(axis=-1, keepdims=True) / width
                weight = np.exp((apart**2 + square / self.sigma**2) / -2)
                total += weight * there
                weights += weight
        return total / weights
