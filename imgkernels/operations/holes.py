"""Normalised convolution: what is missing weighs nothing, and what is there makes up for it.

A value may be missing because it is NaN, where the frame ignores NaN, or weigh less because the
frame's certainty says so. A weighted mean is then divided by the weight that was there (Knutsson
and Westin, Normalized and differential convolution, 1993, order 0: a constant). Division helps no
kernel whose weights cancel; for it each window is fitted by a plane (order 1: a constant and a
slope along each axis), and the plane stands in for what is missing. So flat stays flat, a ramp
keeps its slope, and an answer that depends on a slope the window does not determine is NaN.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.border import pad
from imgkernels.engine import Problem, plan_for
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, Nan, ieee, summed
from imgkernels.values import Array, Floats, compute_dtype

# Spreads below this share of a window's size squared are rounding: no slope is told from them.
_FLAT = 1e-9


def correlated(x: Array, kernel: Kernel, frame: Frame) -> Floats:
    """Correlate `(*space, C)` with a kernel, unrounded; what is missing weighs nothing."""
    weight = weight_of(x, frame)
    if weight is None:
        return summed(x, kernel, frame)
    find = _mean if is_mean(kernel) else _fitted
    with ieee():
        return find(present(x, weight), weight, kernel, frame).astype(compute_dtype(x.dtype))


def weight_of(x: Array, frame: Frame) -> Floats | None:
    """Return how much each value counts, `(*space, 1 or C)`; None where all count in full."""
    weight = frame.certainty
    if frame.nan is Nan.PROPAGATE or x.dtype.kind != "f":
        return weight
    there = ~np.isnan(x)
    if there.all():
        return weight
    if (there == there[..., :1]).all():
        there = there[..., :1]
    return there.astype(np.float64) if weight is None else weight * there


def asked(frame: Frame) -> Array | None:
    """Tell which pixels are to be answered, `space`; None for all: outside a mask they stay."""
    if frame.certainty is None or frame.nan is Nan.IGNORE:
        return None
    return np.asarray(frame.certainty[..., 0] > 0)


def present(x: Array, weight: Floats) -> Floats:
    """Return the values in the compute dtype, 0 for those that weigh nothing, be they NaN."""
    dtype = compute_dtype(x.dtype)
    found: Floats = np.where(weight > 0, x.astype(dtype, copy=False), dtype.type(0))
    return found


def filled(x: Floats, kernels: Sequence[Kernel], frame: Frame) -> Floats:
    """Return an image whose missing values are estimated in the window of the widest kernel."""
    weight = weight_of(x, frame)
    if weight is None or not kernels:
        return x
    widest = max(kernels, key=lambda kernel: kernel.size)
    ends = [np.zeros(n) for n in widest.shape]
    for row, middle in zip(ends, widest.anchor, strict=True):
        row[middle] = 1
    alone = Kernel.from_factors(*ends, anchor=widest.anchor)
    with ieee():
        estimate = _fitted(present(x, weight), weight, alone, frame)
    return np.where(weight > 0, x, estimate.astype(x.dtype))


def is_mean(kernel: Kernel) -> bool:
    """Tell whether a kernel is a weighted mean, up to a factor: no weight below 0."""
    parts = kernel.factors or (kernel.taps,)
    return all((part >= 0).all() for part in parts) and kernel.sum > 0


def _mean(x: Floats, weight: Floats, kernel: Kernel, frame: Frame) -> Floats:
    mixed = summed(x * weight.astype(x.dtype), kernel, frame)
    whole = replace(frame, border_value=1.0)
    share = summed(weight.astype(x.dtype), kernel, whole)
    if kernel.factors is None:
        members = Kernel((kernel.taps > 0).astype(np.float64), kernel.anchor)
    else:
        rows = ((row > 0).astype(np.float64) for row in kernel.factors)
        members = Kernel.from_factors(*rows, anchor=kernel.anchor)
    # Counted apart: the far taps of a wide Gaussian weigh less than transforms round.
    there = summed((weight > 0).view(np.uint8), members, replace(whole, method="auto")) > 0.5
    mean = mixed / np.where(there, share, 1) * x.dtype.type(kernel.sum)
    return np.where(there, mean, x.dtype.type(np.nan))


@dataclass(frozen=True)
class _Window:
    """The window of a kernel with places counted from its anchor, in shares of its size."""

    kernel: Kernel

    @property
    def axes(self) -> list[int]:
        """The axes along which there is a slope to tell."""
        return [axis for axis, n in enumerate(self.kernel.shape) if n > 1]

    def places(self, axis: int) -> Floats:
        """Return the places of the taps along an axis."""
        n = self.kernel.shape[axis]
        found: Floats = (np.arange(n, dtype=np.float64) - self.kernel.anchor[axis]) / n
        return found

    def bell(self, *axes: int) -> Kernel:
        """Weights that fall off from the window's middle, times the places along some axes."""
        rows = [np.exp(-8 * (((np.arange(n) + 0.5) / n - 0.5) ** 2)) for n in self.kernel.shape]
        for axis in axes:
            rows[axis] = rows[axis] * self.places(axis)
        return Kernel.from_factors(*rows, anchor=self.kernel.anchor)

    def tilted(self, axis: int) -> Kernel:
        """Return the kernel times the places along an axis."""
        places = self.places(axis)
        if self.kernel.factors is not None:
            rows = [r * places if a == axis else r for a, r in enumerate(self.kernel.factors)]
            return Kernel.from_factors(*rows, anchor=self.kernel.anchor)
        along = [-1 if a == axis else 1 for a in range(self.kernel.ndim)]
        return Kernel(self.kernel.taps * places.reshape(along), self.kernel.anchor)


def _fitted(x: Floats, weight: Floats, kernel: Kernel, frame: Frame) -> Floats:
    """Add to the sum over what is there the sum over the plane where something is missing."""
    x, weight = x.astype(np.float64), weight.astype(np.float64)
    answer = summed(x * weight, kernel, frame)
    everywhere = Kernel.from_factors(*map(np.ones, kernel.shape), anchor=kernel.anchor)
    around = replace(frame, method="auto", border_value=0.0)
    near = summed((weight < 1).view(np.uint8), everywhere, around).max(axis=-1) > 0.5
    wanted = asked(frame)
    if wanted is not None:
        answer[~wanted] = np.nan
        near = near & wanted
    if near.any():
        answer[near] += _planes(x * weight, weight, _Window(kernel), frame, near)
    return answer


def _planes(values: Floats, weight: Floats, window: _Window, frame: Frame, where: Array) -> Floats:
    """Return what the planes add, `(points, C)`: NaN where it depends on what is not determined."""
    shape, anchor, axes = window.kernel.shape, window.kernel.anchor, window.axes
    ranges = [(int(index.min()), int(index.max()) + 1) for index in np.nonzero(where)]
    box = tuple(slice(first, end) for first, end in ranges)
    margins = [(a, n - 1 - a) for a, n in zip(anchor, shape, strict=True)]
    grown = tuple(slice(i, end + n - 1) for (i, end), n in zip(ranges, shape, strict=True))

    def block(of: Floats, beyond: float) -> Floats:
        return pad(of, margins, frame.border, beyond)[grown]

    def total(of: Floats, kernel: Kernel) -> Floats:
        problem = Problem.of_kernel((1, *of.shape), of.dtype, kernel, extent="valid")
        found: Floats = plan_for(problem).run(of[np.newaxis])[0][where[box]]
        return found

    there, gone = block(weight, 1.0), block(1 - weight, 0.0)
    values = block(values, frame.border_value)
    share = total(there, window.bell())
    share = np.where(share > 0, share, np.nan)
    level, hole = total(values, window.bell()) / share, total(gone, window.kernel)
    if not axes:
        return level * hole
    middle = [total(there, window.bell(a)) / share for a in axes]
    tilts = [
        total(values, window.bell(a)) / share - m * level for a, m in zip(axes, middle, strict=True)
    ]
    levers = [total(gone, window.tilted(a)) - m * hole for a, m in zip(axes, middle, strict=True)]
    spread = np.empty((*share.shape, len(axes), len(axes)))
    for i, j in itertools.combinations_with_replacement(range(len(axes)), 2):
        both = total(there, window.bell(axes[i], axes[j])) / share
        spread[..., i, j] = spread[..., j, i] = both - middle[i] * middle[j]
    noise = _FLAT * float(np.abs(window.kernel.taps).sum())
    return level * hole + _slopes(spread, np.stack(tilts, -1), np.stack(levers, -1), noise)


def _slopes(spread: Floats, together: Floats, lever: Floats, noise: float) -> Floats:
    """Return slope times lever, where the slope solves spread * slope = together."""
    unseen = np.isnan(spread[..., 0, 0])
    sizes, turns = np.linalg.eigh(np.where(unseen[..., None, None], 0, spread))
    known = sizes > _FLAT
    levers = np.einsum("...ij,...i->...j", turns, lever)
    pulls = np.einsum("...ij,...i->...j", turns, together)
    steps = np.where(known, pulls / np.where(known, sizes, 1), 0) * levers
    undetermined = (~known & (np.abs(levers) > noise)).any(axis=-1) | unseen
    return np.where(undetermined, np.nan, np.where(known, steps, 0).sum(axis=-1))
