"""Kuwahara's filter: the mean of the evenest corner of the window."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from imgkernels import kernels
from imgkernels.engine import Problem, plan_for
from imgkernels.kernel import Kernel
from imgkernels.operations.neighbours import surrounded
from imgkernels.operations.operation import Frame, ieee
from imgkernels.values import Array, Floats, compute_dtype


@dataclass(frozen=True)
class Kuwahara:
    """Of the windows of `radius + 1` pixels in each corner around a pixel, the least varied's mean.

    Four corners on two axes, all of which hold the pixel. The variances of all channels together
    decide, so colours stay together. Computed in float64. A NaN in the window makes the answer NaN.
    """

    radius: int

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The mean of a corner, anchored in its middle."""
        return ()

    def run(self, x: Array, frame: Frame) -> Floats:
        """Take means and variances of every window once, and look at them from each corner."""
        whole = surrounded(x.astype(np.float64), self.radius, frame, "kuwahara")
        mean = kernels.box(self.radius + 1, ndim=frame.ndim)
        problem = Problem.of_kernel((1, *whole.shape), whole.dtype, mean, extent="valid")
        plan = plan_for(problem, frame.method)
        with ieee():
            means = plan.run(whole[np.newaxis])[0]
            squares = plan.run((whole**2)[np.newaxis])[0]
            varied = (squares - means**2).sum(axis=-1)
        best, chosen = np.full(x.shape[:-1], np.inf), np.empty(x.shape)
        for corner in itertools.product((0, self.radius), repeat=frame.ndim):
            view = tuple(slice(c, c + n) for c, n in zip(corner, x.shape, strict=False))
            better = (varied[view] < best) | np.isnan(varied[view])  # NaN is taken, and stays
            np.copyto(best, varied[view], where=better)
            np.copyto(chosen, means[view], where=better[..., np.newaxis])
        return chosen.astype(compute_dtype(x.dtype), copy=False)
