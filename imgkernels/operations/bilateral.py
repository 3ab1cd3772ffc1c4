"""The bilateral filter: a Gaussian blur that leaves out neighbours of another colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from imgkernels import opencv
from imgkernels.kernel import Kernel
from imgkernels.operations.neighbours import Step, by_rows, squared, stepped, steps, surrounded
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach, around
from imgkernels.values import Array, Floats, compute_dtype

_BLOCK = 1 << 16  # values of a block of rows: a few of these stay in cache
# OpenCV 4 reads its weights from a table of 4096 steps h over the image's range, straight between
# them, so an answer is off by about h^2 / (8 sigma_colour): 7e-6 of the range for this ratio.
# OpenCV 5.0 shows no such error.
_TABLE = 1000.0
_ROUNDING = 1e-9  # of a quotient: 3 pixels of side 0.1 do reach 0.3


@dataclass(frozen=True)
class Bilateral:
    """A mean whose weights fall with the distance in space and in colour.

    exp(-|p - q|^2 / 2 sigma^2) exp(-|x(p) - x(q)|^2 / 2 sigma_colour^2) over the pixels at most
    `radius` away (a disk, a ball), where the distance of colours is the sum over the channels, as
    in OpenCV. `sides` are those of a pixel, one for each axis, in the unit of the lengths. OpenCV
    computes it where that gives our answer: float32 of 1 or 3 channels on two axes of square
    pixels of side 1, finite, whose range is at most 1000 sigma_colour. All else is computed here.

    What is missing weighs nothing, what is uncertain that share of its weight. A missing pixel has
    no colour to compare with: its neighbours weigh by their distance in space alone.
    """

    sigma: float
    sigma_colour: float
    radius: int
    sides: tuple[float, ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: its weights depend on the pixels."""
        return ()

    @property
    def radii(self) -> Step:
        """How many pixels away it looks along each axis."""
        return tuple(math.floor(self.radius / side + _ROUNDING) for side in self.sides)

    def reach(self, frame: Frame) -> Reach:
        """As far as the window."""
        return around(self.radii)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Extend the image, then average by OpenCV or step by step."""
        dtype = compute_dtype(x.dtype)
        whole, counts = surrounded(x.astype(dtype, copy=False), self.radii, frame)
        width = float(self.sigma_colour * frame.white)
        if counts is None and self._suits_opencv(whole, width):
            return self._by_opencv(whole, width)
        share = None if counts is None else counts.astype(dtype)

        def answer(rows: slice) -> Floats:
            return self._by_steps(whole[rows], None if share is None else share[rows], width)

        return by_rows(whole.shape, self.radii, _BLOCK, answer)

    def _suits_opencv(self, whole: Array, width: float) -> bool:
        if opencv.load() is None or self.sides != (1.0, 1.0) or whole.dtype != np.float32:
            return False
        spread = float(np.ptp(whole))  # NaN or infinite where a value is
        return whole.shape[-1] in (1, 3) and spread <= _TABLE * width

    def _by_opencv(self, whole: Array, width: float) -> Floats:
        planes = np.ascontiguousarray(whole[..., 0] if whole.shape[-1] == 1 else whole)
        answer = opencv.require().bilateralFilter(planes, 2 * self.radius + 1, width, self.sigma)
        return stepped(answer.reshape(whole.shape), self.radii, (0, 0))

    def _by_steps(self, rows: Array, share: Floats | None, width: float) -> Floats:
        here = (0,) * len(self.sides)
        middle = stepped(rows, self.radii, here)
        known = None if share is None else stepped(share, self.radii, here) > 0
        total, weights = np.zeros_like(middle), np.zeros_like(middle[..., :1])
        with ieee():
            for step in steps(self.radii, self.sides):
                square = squared(step, self.sides)
                if square > self.radius**2 * (1 + _ROUNDING):
                    break  # the nearest come first
                there = stepped(rows, self.radii, step)
                apart = abs(there - middle).sum(axis=-1, keepdims=True) / width
                if known is not None:
                    apart = np.where(known, apart, 0)
                weight = np.exp((apart**2 + square / self.sigma**2) / -2)
                if share is not None:
                    weight *= stepped(share, self.radii, step)
                total += weight * there
                weights += weight
            return total / weights
