"""Normalised convolution: what is missing weighs nothing, and what is there makes up for it.

A value may be missing because it is NaN, where the frame ignores NaN, or weigh less because the
frame's certainty says so. A weighted mean is then divided by the weight that was there (Knutsson
and Westin, Normalized and differential convolution, 1993, order 0: a constant). Division helps no
kernel whose weights cancel; for it each window is fitted by a plane (order 1: a constant and a
slope along each axis), and the plane stands in for what is missing. So flat stays flat, a ramp
keeps its slope, and an answer that depends on a slope the window does not determine is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imgkernels import engine
from imgkernels.engine import Finish
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, Nan, ieee, plan_of, summed
from imgkernels.operations.planes import add_planes
from imgkernels.values import Array, Floats, compute_dtype


def correlated(x: Array, kernel: Kernel, frame: Frame) -> Floats:
    """Correlate `(*space, C)` with a kernel, unrounded; what is missing weighs nothing."""
    weight = weight_of(x, frame)
    if weight is None:
        return summed(x, kernel, frame)
    find = _mean if is_mean(kernel) else _fitted
    with ieee():
        return find(present(x, weight), weight, kernel, frame).astype(compute_dtype(x.dtype))


def finished(x: Array, kernels: Sequence[Kernel], frame: Frame, finish: Finish) -> Array:
    """Correlate with each kernel and finish the sums; what is missing weighs nothing."""
    if weight_of(x, frame) is not None:
        return finish.of([correlated(x, kernel, frame) for kernel in kernels])
    plans = [plan_of(x, kernel, frame) for kernel in kernels]
    y: Array = engine.finished(plans, x[np.newaxis], finish)[0]
    return y


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
        add_planes(answer, x * weight, weight, kernel, frame, near)
    return answer
