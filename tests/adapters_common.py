"""What the adapters of all libraries share: axes, sums, ranks and casts, in our terms."""

import math
from functools import partial

import numpy as np

import imgkernels as ik
from imgkernels.border import Border
from imgkernels.operations import Frame, Rank


def f64(x):
    return np.asarray(x).astype(np.float64)


def per_axis(value, count):
    """One value for each axis: scipy's rule for sequences."""
    return [value] * count if isinstance(value, str) or np.ndim(value) == 0 else list(value)


def axes_of(x, axes):
    """The axes that are filtered, counted from the front."""
    chosen = range(x.ndim) if axes is None else np.atleast_1d(axes)
    return [int(axis) % x.ndim for axis in chosen]


def over(x, axes, run):
    """Run on the chosen axes in front and all others together as channels; then put them back."""
    front = np.moveaxis(x, axes, range(len(axes)))
    space, rest = front.shape[: len(axes)], front.shape[len(axes) :]
    y = run(np.ascontiguousarray(front).reshape(*space, math.prod(rest)))
    return np.moveaxis(y.reshape(*y.shape[: len(axes)], *rest), range(len(axes)), axes)


def sums(x, taps, axes, border, value=0.0, anchor=None, verb=ik.correlate):
    """Correlate (or convolve) the chosen axes with taps, in float64."""
    kernel = taps if isinstance(taps, ik.Kernel) else ik.Kernel(f64(taps), anchor)
    run = partial(verb, kernel=kernel, border=border, border_value=float(value))
    return over(f64(x), axes, run)


def places(x, mask, place, axes, border, value=0.0, anchor=None):
    """The value at a place among those under a mask laid over the chosen axes."""
    x = x.view(np.uint8) if x.dtype == bool else x
    frame = Frame(len(axes), x.dtype, border=Border.parse(border), border_value=float(value))
    window = ik.Kernel(np.asarray(mask, bool), anchor)
    return over(x, axes, lambda front: Rank(window, int(place)).run(front, frame))


def as_c_does(y, dtype):
    """Turn doubles into a dtype as C does: cut the fraction off; unsigned integers wrap."""
    dtype = np.dtype(dtype)
    if dtype.kind not in "iu":
        return y.astype(dtype)
    whole = np.trunc(f64(y))
    size = np.fmod(np.abs(whole), 2.0**64).astype(np.uint64)
    size = size.astype(dtype if dtype.kind == "u" else np.int64)
    return np.where(whole < 0, np.negative(size), size).astype(dtype)


def crop(y, starts, sizes):
    return y[tuple(slice(int(a), int(a) + int(n)) for a, n in zip(starts, sizes, strict=True))]
