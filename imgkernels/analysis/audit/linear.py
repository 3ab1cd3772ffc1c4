"""Which operations are one kernel and an offset, and what several of them are together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np

from imgkernels import kernels
from imgkernels.kernel import Kernel
from imgkernels.operations import Chain, Convolve, Operation, Pointwise, point


@dataclass(frozen=True)
class Linear:
    """A kernel, then an offset as a share of white; `a @ b` is a and then b, far from the edge."""

    kernel: Kernel
    offset: float

    def __matmul__(self, then: Linear) -> Linear:
        return Linear(self.kernel @ then.kernel, self.offset * then.kernel.sum + then.offset)


def linear_of(operation: Operation, ndim: int) -> Linear | None:
    """Return an operation as a kernel and an offset; None where it is not linear."""
    match operation:
        case Convolve(kernel, offset):
            return Linear(kernel, offset)
        case Pointwise(curve, knobs):
            affine = _affine(curve, knobs)
            return affine and Linear(kernels.identity(ndim) * affine[0], affine[1])
        case Chain(operations):
            parts = [linear_of(part, ndim) for part in operations]
            known = [part for part in parts if part is not None]
            return reduce(Linear.__matmul__, known) if len(known) == len(parts) else None
    return None


def extents(kernel: Kernel) -> tuple[tuple[int, int], ...]:
    """Return how far the taps other than 0 reach before and after the pixel, on each axis."""
    rows = kernel.factors or [
        np.abs(kernel.taps).max(axis=tuple(a for a in range(kernel.ndim) if a != axis))
        for axis in range(kernel.ndim)
    ]
    found = []
    for row, anchor in zip(rows, kernel.anchor, strict=True):
        used = np.flatnonzero(row)
        ends = (anchor - int(used[0]), int(used[-1]) - anchor) if used.size else (0, 0)
        found.append((max(0, ends[0]), max(0, ends[1])))
    return tuple(found)


def _affine(curve: point.Curve, knobs: tuple[float, ...]) -> tuple[float, float] | None:
    """Return factor and offset (a share of white) of a curve that is a straight line."""
    if curve is point.gain:
        return knobs[0], knobs[1]
    if curve is point.invert:
        return -1.0, 1.0
    if curve is point.contrast:
        return knobs[0], 0.5 - 0.5 * knobs[0]
    return None
