"""Kuwahara's filter: the mean of the evenest corner of the window."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from imgkernels import kernels
from imgkernels.engine import Problem, plan_for
from imgkernels.kernel import Kernel
from imgkernels.operations.neighbours import Step, surrounded
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach, around
from imgkernels.values import Array, Floats, compute_dtype

_ALONE = 1e-9  # a share of the weights' square below which a corner is one value


@dataclass(frozen=True)
class Kuwahara:
    """Of the windows of `radii + 1` pixels in each corner around a pixel, the least varied's mean.

    Four corners on two axes, all of which hold the pixel. The variances of all channels together
    decide, so colours stay together. Computed in float64. A NaN in the window makes the answer NaN.

    Where values are missing or uncertain, means and variances are weighted, the variances without
    the bias of few values. A corner of a single value shows no variance, and is taken where there
    is nothing else; one without a value does not compete.
    """

    radii: Step

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: which mean is taken depends on the pixels."""
        return ()

    def reach(self, frame: Frame) -> Reach:
        """As far as the window."""
        return around(self.radii)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Take means and variances of every window once, and look at them from each corner."""
        whole, counts = surrounded(x, self.radii, frame)
        whole = whole.astype(np.float64, copy=False)
        with ieee():
            if counts is None:
                # Sums, then a division: the mean of equal values is that value to the last bit.
                means: Floats = self._sums(whole, frame) / self._size
                squares: Floats = self._sums(whole**2, frame) / self._size
                varied: Floats = (squares - means**2).sum(axis=-1)
            else:
                means, varied = self._weighed(whole, counts, frame)
        best, chosen = np.full(x.shape[:-1], np.inf), np.full(x.shape, np.nan)
        for corner in itertools.product(*((0, n) for n in self.radii)):
            view = tuple(slice(c, c + n) for c, n in zip(corner, x.shape, strict=False))
            better = (varied[view] < best) | np.isnan(varied[view])  # NaN is taken, and stays
            np.copyto(best, varied[view], where=better)
            np.copyto(chosen, means[view], where=better[..., np.newaxis])
        return chosen.astype(compute_dtype(x.dtype), copy=False)

    def _weighed(self, whole: Floats, counts: Floats, frame: Frame) -> tuple[Floats, Floats]:
        """Return means and variances by weight; a variance of infinity where nothing is there."""
        members = (counts > 0).astype(np.float64)
        size = self._size
        there = self._means(members, frame) * size > 0.5
        share = np.where(there, self._means(counts, frame), 1)
        means = self._means(whole * counts, frame) / share
        squares = self._means(whole**2 * counts, frame) / share
        # The variance of independent values comes out as this share of what it is.
        several = 1 - self._means(counts**2, frame) / (share**2 * size)
        spread = (squares - means**2).sum(axis=-1, keepdims=True)
        alone = several <= _ALONE
        varied = np.where(alone, np.finfo(np.float64).max, spread / np.where(alone, 1, several))
        varied = np.where(np.isnan(spread), np.nan, varied)
        return means, np.where(there, varied, np.inf)[..., 0]

    @property
    def _size(self) -> int:
        return math.prod(n + 1 for n in self.radii)

    def _means(self, whole: Floats, frame: Frame) -> Floats:
        return self._summed(
            whole, kernels.box([n + 1 for n in self.radii], ndim=len(self.radii)), frame
        )

    def _sums(self, whole: Floats, frame: Frame) -> Floats:
        return self._summed(whole, Kernel(np.ones([n + 1 for n in self.radii])), frame)

    def _summed(self, whole: Floats, kernel: Kernel, frame: Frame) -> Floats:
        problem = Problem.of_kernel((1, *whole.shape), whole.dtype, kernel, extent="valid")
        found: Floats = plan_for(problem, frame.method).run(whole[np.newaxis])[0]
        return found
