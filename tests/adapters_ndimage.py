"""scipy.ndimage, said in ours: its windows, Gaussians, edges, means and ranks."""

from collections.abc import Callable
from functools import partial

import numpy as np
from adapters_common import as_c_does, axes_of, f64, per_axis, places, sums

import imgkernels as ik
from imgkernels import kernels


def dtype_of(output, x):
    return x.dtype if output is None else output.dtype if np.ndim(output) else np.dtype(output)


def anchor_of(origin, shape):
    """scipy counts its origin from the middle."""
    return tuple(n // 2 + int(o) for n, o in zip(shape, per_axis(origin, len(shape)), strict=True))


def scipy_window(
    input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None, verb=ik.correlate
):
    x, weights = np.asarray(input), np.asarray(weights)
    dtype, anchor = dtype_of(output, x), anchor_of(origin, weights.shape)
    if dtype.kind in "iu":  # where fractions are cut off the last bit shows: sum in scipy's order
        verb = partial(verb, method="ndimage")
    y = sums(x, weights, axes_of(x, axes), f"scipy:{mode}", cval, anchor, verb)
    return as_c_does(y, dtype)


def scipy_row(
    input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0, *, verb=ik.correlate
):
    return scipy_window(input, weights, output, mode, cval, origin, axes=axis, verb=verb)


def bell(sigma, order, radius):
    """A Gaussian's derivative: the bell times the polynomial that differentiation brings out."""
    x, slope = np.arange(-radius, radius + 1), np.polynomial.Polynomial([0, -1 / sigma**2])
    factor = np.polynomial.Polynomial([1.0])
    for _ in range(order):
        factor = factor.deriv() + factor * slope
    narrow = sigma < 0.01  # narrower than our makers go: all but the middle is below 1e-999
    row = f64(x == 0) if narrow else kernels.gaussian_taps(sigma, 2 * radius + 1)
    return factor(x) * row


def gaussian_filter1d(
    input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *,
    radius=None,
):  # fmt: skip
    reach = int(truncate * float(sigma) + 0.5) if radius is None else radius
    row = bell(float(sigma), order, reach)
    # In scipy's order again: one case wants floats to the very last bit.
    verb = partial(ik.convolve, method="ndimage")
    return scipy_row(input, row, axis, output, mode, cval, verb=verb)


def gaussian_filter(
    input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None,
    axes=None,
):  # fmt: skip
    y = np.asarray(input)
    dtype, axes = dtype_of(output, y), axes_of(y, axes)
    knobs = [per_axis(value, len(axes)) for value in (sigma, order, mode, radius)]
    for axis, s, o, m, r in zip(axes, *knobs, strict=True):
        if s > 1e-15:
            y = gaussian_filter1d(y, s, axis, o, dtype, m, cval, truncate, radius=r)
    return y.astype(dtype)


def scipy_edge(smooth, input, axis=-1, output=None, mode="reflect", cval=0.0):
    """sobel and prewitt: a difference, then smoothing along every other axis."""
    x = np.asarray(input)
    modes, (axis,) = per_axis(mode, x.ndim), axes_of(x, axis)
    dtype = dtype_of(output, x)
    y = scipy_row(x, (-1, 0, 1), axis, dtype, modes[axis], cval)
    for other in set(range(x.ndim)) - {axis}:
        y = scipy_row(y, smooth, other, dtype, modes[other], cval)
    return y


def added(input, each, output, mode, axes):
    """Add up one answer per axis, in the dtype of the result."""
    x = np.asarray(input)
    dtype, axes = dtype_of(output, x), axes_of(x, axes)
    answers = [each(x, a, dtype, m) for a, m in zip(axes, per_axis(mode, len(axes)), strict=True)]
    return sum(answers, np.zeros(x.shape, dtype)) if answers else x.astype(dtype)


def scipy_laplace(input, output=None, mode="reflect", cval=0.0, *, axes=None):
    def second(x, axis, dtype, mode):
        return scipy_row(x, (1, -2, 1), axis, dtype, mode, cval)

    return added(input, second, output, mode, axes)


def bells(ndim, sigmas, order, cval, knobs):
    """Derivatives of a Gaussian, of one order along one axis and of none along the others."""

    def each(x, axis, dtype, mode):
        orders = [order * (a == axis) for a in range(ndim)]
        return gaussian_filter(x, sigmas, orders, dtype, mode, cval, **knobs)

    return each


def gaussian_laplace(
    input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, truncate=4.0, radius=None
):
    x, knobs = np.asarray(input), {"truncate": truncate, "radius": radius}
    chosen = axes_of(x, axes)  # the other axes are not smoothed
    by_axis = dict(zip(chosen, per_axis(sigma, len(chosen)), strict=True))
    sigmas = [by_axis.get(a, 0) for a in range(x.ndim)]
    return added(x, bells(x.ndim, sigmas, 2, cval, knobs), output, mode, axes)


def gaussian_gradient_magnitude(
    input, sigma, output=None, mode="reflect", cval=0.0, *, axes=None, truncate=4.0, radius=None
):
    x, knobs = np.asarray(input), {"truncate": truncate, "radius": radius}
    each = bells(x.ndim, sigma, 1, cval, knobs)  # here the other axes are smoothed too
    squares = added(x, lambda *a: each(*a) * each(*a), output, mode, axes)
    return np.sqrt(squares).astype(squares.dtype) if axes_of(x, axes) else squares


def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    # scipy divides the sum, which is whole more often than a sum of fractions.
    x = np.asarray(input)
    total = scipy_row(x, np.ones(size), axis, np.dtype(float), mode, cval, origin)
    return as_c_does(total / size, dtype_of(output, x))


def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    y = np.asarray(input)
    dtype, axes = dtype_of(output, y), axes_of(y, axes)
    knobs = [per_axis(value, len(axes)) for value in (size, mode, origin)]
    for axis, n, m, o in zip(axes, *knobs, strict=True):
        if n > 1:
            y = uniform_filter1d(y, int(n), axis, dtype, m, cval, o)
    return y.astype(dtype)


def scipy_extreme1d(share, input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    x = np.asarray(input)
    place, anchor = share * (size - 1), anchor_of(origin, [size])
    y = places(x, np.ones(size), place, axes_of(x, axis), f"scipy:{mode}", cval, anchor)
    return (
        as_c_does(y, dtype_of(output, x)) if y.dtype != x.dtype else y.astype(dtype_of(output, x))
    )


def footprint_of(x, size, footprint, axes):
    count = len(axes_of(x, axes))
    return (
        np.ones(per_axis(size, count), bool) if footprint is None else np.asarray(footprint, bool)
    )


def scipy_extreme(
    share, input, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *,
    axes=None,
):  # fmt: skip
    y = np.asarray(input)
    mask = footprint_of(y, size, footprint, axes)
    if not mask.all():
        return scipy_rank(
            y, share * (mask.sum() - 1), footprint=mask, output=output, mode=mode, cval=cval,
            origin=origin, axes=axes, apart=False,
        )  # fmt: skip
    dtype, axes = dtype_of(output, y), axes_of(y, axes)
    knobs = [per_axis(value, len(axes)) for value in (mode, origin)]
    for axis, n, m, o in zip(axes, mask.shape, *knobs, strict=True):
        y = scipy_extreme1d(share, y, n, axis, dtype, m, cval, o)
    return y.astype(dtype)


def scipy_rank(
    input, rank, size=None, footprint=None, output=None, mode="reflect", cval=0.0, origin=0, *,
    axes=None, apart=True,
):  # fmt: skip
    x = np.asarray(input)
    mask = footprint_of(x, size, footprint, axes)
    place = rank + mask.sum() if rank < 0 else rank
    if apart and mask.all() and place in (0, mask.size - 1):  # these may have a mode per axis
        share = int(place > 0)
        return scipy_extreme(share, x, None, mask, output, mode, cval, origin, axes=axes)
    (word,) = set(per_axis(mode, 1))
    anchor = anchor_of(origin, mask.shape)
    y = places(x, mask, place, axes_of(x, axes), f"scipy:{word}", cval, anchor)
    return (
        as_c_does(y, dtype_of(output, x)) if y.dtype != x.dtype else y.astype(dtype_of(output, x))
    )


def median_filter(input, size=None, footprint=None, *args, axes=None, **knobs):
    members = footprint_of(np.asarray(input), size, footprint, axes).sum()
    return scipy_rank(input, members // 2, size, footprint, *args, axes=axes, **knobs)


def percentile_filter(input, percentile, size=None, footprint=None, *args, axes=None, **knobs):
    share = percentile + 100.0 if percentile < 0 else percentile
    members = int(footprint_of(np.asarray(input), size, footprint, axes).sum())
    place = members - 1 if share == 100 else int(float(members) * share / 100)
    return scipy_rank(input, place, size, footprint, *args, axes=axes, **knobs)


NDIMAGE: dict[str, Callable] = {
    "scipy.ndimage.correlate": scipy_window,
    "scipy.ndimage.convolve": partial(scipy_window, verb=ik.convolve),
    "scipy.ndimage.correlate1d": scipy_row,
    "scipy.ndimage.convolve1d": partial(scipy_row, verb=ik.convolve),
    "scipy.ndimage.gaussian_filter": gaussian_filter,
    "scipy.ndimage.gaussian_filter1d": gaussian_filter1d,
    "scipy.ndimage.gaussian_laplace": gaussian_laplace,
    "scipy.ndimage.gaussian_gradient_magnitude": gaussian_gradient_magnitude,
    "scipy.ndimage.laplace": scipy_laplace,
    "scipy.ndimage.sobel": partial(scipy_edge, (1, 2, 1)),
    "scipy.ndimage.prewitt": partial(scipy_edge, (1, 1, 1)),
    "scipy.ndimage.uniform_filter": uniform_filter,
    "scipy.ndimage.uniform_filter1d": uniform_filter1d,
    "scipy.ndimage.minimum_filter": partial(scipy_extreme, 0),
    "scipy.ndimage.maximum_filter": partial(scipy_extreme, 1),
    "scipy.ndimage.minimum_filter1d": partial(scipy_extreme1d, 0),
    "scipy.ndimage.maximum_filter1d": partial(scipy_extreme1d, 1),
    "scipy.ndimage.rank_filter": scipy_rank,
    "scipy.ndimage.median_filter": median_filter,
    "scipy.ndimage.percentile_filter": percentile_filter,
}
