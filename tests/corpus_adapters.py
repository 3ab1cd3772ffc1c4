"""How calls of other libraries are said in ours: one table from operation to adapter.

An adapter has the signature of the function it stands for, so an argument that it does not know is
a TypeError. It translates conventions, no more: names of borders, axes, scale, sign, origin, the
dtype of the result and how it is rounded. Every sum of products and every rank is ours. What the
libraries do is taken from their documentation and sources: scipy 1.17.1, numpy 2.4, scikit-image
0.26.0, OpenCV 5.0.0, Pillow 13.0.0.
"""
# ruff: noqa: N803 (the arguments have the names the libraries gave them)

import math
from collections.abc import Callable
from functools import partial

import numpy as np

import imgkernels as ik
from imgkernels import kernels
from imgkernels.border import Border, pad
from imgkernels.operations import Frame, Rank
from imgkernels.values import saturate

# --- what the adapters share -----------------------------------------------------------------


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


# --- scipy.ndimage ---------------------------------------------------------------------------


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


# --- scipy.signal ----------------------------------------------------------------------------


def full(in1, in2, border="constant", fill=0):
    """Every position where the two touch."""
    return ik.convolve(
        f64(in1), ik.Kernel(f64(in2)), border=border, border_value=float(fill), extent="full"
    )


def swapped(in1, in2, mode, axes):
    """In "valid" scipy slides the smaller one over the larger."""
    smaller = any(in1.shape[a] < in2.shape[a] for a in axes)
    return (in2, in1) if mode == "valid" and smaller else (in1, in2)


def centred(y, in1, in2, mode, axes):
    """scipy.signal cuts "same" and "valid" out of the middle of "full"."""
    if mode == "full":
        return y
    sizes = list(y.shape) if mode == "valid" else list(in1.shape)
    for a in axes if mode == "valid" else ():
        sizes[a] = in1.shape[a] - in2.shape[a] + 1
    return crop(y, [(n - size) // 2 for n, size in zip(y.shape, sizes, strict=True)], sizes)


def in_common(y, in1, in2):
    """Round to whole numbers where both inputs are whole."""
    dtype = np.result_type(in1, in2)
    return as_c_does(np.rint(y), dtype) if dtype.kind in "biu" else y.astype(dtype)


def signal_convolve(in1, in2, mode="full", method="auto"):
    assert method in ("auto", "direct", "fft")
    in1, in2 = np.asarray(in1), np.asarray(in2)
    if in1.ndim == in2.ndim == 0:
        return signal_convolve(in1[None], in2[None])[0]
    axes = range(in1.ndim)
    in1, in2 = swapped(in1, in2, mode, axes)
    return in_common(centred(full(in1, in2), in1, in2, mode, axes), in1, in2)


def signal_correlate(in1, in2, mode="full", method="auto"):
    return signal_convolve(in1, np.flip(in2), mode, method)


def fftconvolve(in1, in2, mode="full", axes=None):
    in1, in2 = np.asarray(in1), np.asarray(in2)
    if in1.size == 0 or in2.size == 0:
        return np.array([])
    if in1.ndim == 0:
        return in1 * in2
    axes = [a for a in axes_of(in1, axes) if in1.shape[a] != 1 and in2.shape[a] != 1]
    in1, in2 = swapped(in1, in2, mode, axes)
    others = [a for a in range(in1.ndim) if a not in axes]
    first, second = (np.moveaxis(x, others, range(len(others))) for x in (in1, in2))
    batch = np.broadcast_shapes(first.shape[: len(others)], second.shape[: len(others)])
    first, second = (np.broadcast_to(x, batch + x.shape[len(others) :]) for x in (first, second))
    pairs = ((first[at], second[at]) for at in np.ndindex(batch))
    rows = [full(a, b) if axes else f64(a * b) for a, b in pairs]
    y = np.moveaxis(np.reshape(rows, batch + rows[0].shape), range(len(others)), others)
    if axes and not in1.dtype == in2.dtype == np.float32:
        return centred(y, in1, in2, mode, axes)
    return in_common(centred(y, in1, in2, mode, axes), in1, in2)


def signal_2d(turn, in1, in2, mode="full", boundary="fill", fillvalue=0):
    borders = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}
    in1, in2 = np.asarray(in1), np.asarray(in2)
    one, two = swapped(in1, in2, mode, (0, 1))
    y = full(one, two if turn else np.flip(two), borders[boundary], fillvalue)
    starts = {"full": (0, 0), "valid": [n - 1 for n in two.shape]}.get(
        mode, [(n - 1) // 2 if turn else n // 2 for n in two.shape]
    )
    inner = [abs(n - k) + 1 for n, k in zip(one.shape, two.shape, strict=True)]
    y = crop(y, starts, {"full": y.shape, "valid": inner}.get(mode, one.shape))
    return in_common(y if turn or one is in1 else np.flip(y), in1, in2)


def medfilt(volume, kernel_size=None):
    x = np.atleast_1d(volume)
    sizes = [int(n) for n in per_axis(3 if kernel_size is None else kernel_size, x.ndim)]
    sizes = sizes * x.ndim if len(sizes) == 1 else sizes
    return scipy_rank(x, math.prod(sizes) // 2, size=sizes, mode="constant")


def medfilt2d(input, kernel_size=3):
    return medfilt(input, kernel_size)


def order_filter(a, domain, rank):
    return scipy_rank(a, rank, footprint=np.asarray(domain) != 0, mode="constant")


def wiener(im, mysize=None, noise=None):
    x = np.asarray(im)
    window = np.ones(per_axis(3 if mysize is None else mysize, x.ndim))
    mean = signal_correlate(f64(x), window, "same") / window.size
    variance = signal_correlate(f64(x) ** 2, window, "same") / window.size - mean**2
    level = variance.mean() if noise is None else noise
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance < level, mean, mean + (x - mean) * (1 - level / variance))


# --- numpy -----------------------------------------------------------------------------------


def numpy_pad(array, pad_width, mode="constant", *, constant_values=0, reflect_type="even"):
    assert reflect_type == "even"
    x = np.asarray(array)
    if isinstance(pad_width, dict):
        by_axis = {int(a) % x.ndim: width for a, width in pad_width.items()}
        pad_width = [np.broadcast_to(by_axis.get(a, 0), 2) for a in range(x.ndim)]
    widths = np.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    if mode != "constant":
        return pad(x, [tuple(width) for width in widths], Border.parse(f"numpy:{mode}"))
    values = np.broadcast_to(np.asarray(constant_values, object), (x.ndim, 2))
    for axis, ((before, after), (low, high)) in enumerate(zip(widths, values, strict=True)):
        x = over_first(x, axis, lambda y, b=before, v=low: pad(y, [(b, 0)], Border.CONSTANT, v))
        x = over_first(x, axis, lambda y, a=after, v=high: pad(y, [(0, a)], Border.CONSTANT, v))
    return x


def over_first(x, axis, run):
    return np.moveaxis(run(np.moveaxis(x, axis, 0)), 0, axis)


# --- scikit-image ----------------------------------------------------------------------------


def float_of(dtype):
    return np.dtype(np.float32 if dtype in (np.float16, np.float32) else np.float64)


def img_as_float(x):
    """Integers as shares of their largest value, -1 at the lowest."""
    if x.dtype.kind == "f":
        return x
    if x.dtype == bool:
        return f64(x)
    return np.maximum(f64(x) * (1.0 / np.iinfo(x.dtype).max), -1.0)


def floats_of(image):
    x = np.asarray(image)
    return img_as_float(x).astype(float_of(x.dtype))


def inside_mask(y, mask):
    """Leave out what a pixel outside the mask had a part in."""
    if mask is None:
        return y
    mask = np.asarray(mask, bool)
    return y * places(mask, np.ones((3,) * mask.ndim), 0, range(mask.ndim), "constant").astype(bool)


def skimage_edge(make, whole, image, mask=None, *, axis=None, mode="reflect", cval=0.0):
    """The kernel divided by what its smoothing adds up to; of several axes the mean magnitude."""
    x = floats_of(image)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    answers = []
    for along in axes:
        kernel = make(int(along), ndim=x.ndim) / whole ** (x.ndim - 1)
        y = sums(x, kernel, range(x.ndim), f"scipy:{mode}", cval)
        answers.append(y.astype(x.dtype))
    length = np.sqrt(sum(y * y for y in answers) / x.ndim) if len(answers) > 1 else answers[0]
    return inside_mask(length.astype(x.dtype), mask)


def skimage_along(axis, make, whole, image, mask=None):
    return skimage_edge(make, whole, image, mask, axis=axis)


def roberts_diagonal(diagonal, image, mask=None):
    x = floats_of(image)
    y = sums(x, kernels.roberts(diagonal), (0, 1), "scipy:reflect", verb=ik.convolve)
    return inside_mask(y.astype(x.dtype), mask)


def skimage_roberts(image, mask=None):
    return np.sqrt(sum(roberts_diagonal(d, image, mask) ** 2 for d in (0, 1)) / 2)


def skimage_laplace(image, ksize=3, mask=None):
    x = floats_of(image)
    assert ksize == 3  # scikit-image has one kernel, whatever is asked for
    y = -sums(x, kernels.laplacian(ndim=x.ndim), range(x.ndim), "scipy:reflect")
    return inside_mask(y.astype(x.dtype), mask)


def skimage_gaussian(
    image, sigma=1.0, *, mode="nearest", cval=0, preserve_range=False, truncate=4.0,
    channel_axis=None, out=None,
):  # fmt: skip
    x = np.asarray(image)
    x = x.astype(float_of(x.dtype)) if preserve_range else floats_of(x)
    axes = list(range(x.ndim))
    if channel_axis is not None:
        sigmas = per_axis(sigma, x.ndim - 1)
        if len(sigmas) == x.ndim - 1:
            axes.remove(channel_axis % x.ndim)
            sigma = sigmas
    return gaussian_filter(x, sigma, 0, out, mode, cval, truncate, axes=axes)


def difference_of_gaussians(
    image, low_sigma, high_sigma=None, *, mode="nearest", cval=0, channel_axis=None, truncate=4.0
):
    high = np.multiply(low_sigma, 1.6).tolist() if high_sigma is None else high_sigma
    knobs = {"mode": mode, "cval": cval, "channel_axis": channel_axis, "truncate": truncate}
    count = np.ndim(image) - (channel_axis is not None)
    low, high = (
        skimage_gaussian(
            img_as_float(np.asarray(image)), np.broadcast_to(s, count).tolist(), **knobs
        )
        for s in (low_sigma, high)
    )
    return low - high


def unsharp_mask(image, radius=1.0, amount=1.0, preserve_range=False, *, channel_axis=None):
    x = np.asarray(image)
    x = x.astype(float_of(x.dtype)) if preserve_range else floats_of(x)
    blurred = skimage_gaussian(
        x, radius, mode="reflect", preserve_range=True, channel_axis=channel_axis
    )
    y = x + (x - blurred) * amount
    return y if preserve_range else np.clip(y, -1.0 if (x < 0).any() else 0.0, 1.0)


def correlate_sparse(image, kernel, mode="reflect"):
    x, taps = np.asarray(image), np.asarray(kernel)
    if mode == "valid":
        y = ik.correlate(f64(x), ik.Kernel(f64(taps)), extent="valid")
    else:
        y = sums(x, taps, range(x.ndim), f"scipy:{mode}")
    return y.astype(float_of(x.dtype))


def skimage_median(image, footprint=None, out=None, mode="nearest", cval=0.0, behavior="ndimage"):
    x = np.asarray(image)
    window = np.ones((3,) * x.ndim) if footprint is None else footprint
    if behavior == "rank":
        return skimage_rank(middle, x, window, out)
    return median_filter(x, footprint=window, output=out, mode=mode, cval=cval)


class Neighbours:
    """The members of every window that lie in the image and its mask: rank filters of skimage."""

    def __init__(self, x, footprint, mask, shifts):
        self.x, self.axes = x, range(x.ndim)
        self.window = np.asarray(footprint) > 0
        self.anchor = [n // 2 + s for n, s in zip(self.window.shape, shifts, strict=True)]
        self.inside = np.ones(x.shape, bool) if mask is None else np.asarray(mask) > 0
        self.count = self.total(np.ones_like(x)).astype(int)

    def total(self, values):
        part = np.where(self.inside, values, 0)
        return sums(part, self.window, self.axes, "constant", 0.0, self.anchor)

    def mean(self):
        return self.total(self.x) / np.maximum(self.count, 1)

    def at(self, place):
        """The value at `place(count)`: those outside count as 0, and so come before all others."""
        low, members = np.where(self.inside, self.x, 0).astype(self.x.dtype), self.window.sum()
        y = np.zeros_like(self.x)
        for n in set(np.unique(self.count)) - {0}:
            k = members - n + place(int(n))
            found = places(low, self.window, k, self.axes, "constant", 0.0, self.anchor)
            y = np.where(self.count == n, found, y)
        return y

    def lowest(self):
        return self.at(lambda n: 0)

    def highest(self):
        return self.at(lambda n: n - 1)


def middle(near):
    return near.at(lambda n: n // 2)


def enhance_contrast(near):
    low, high = near.lowest().astype(int), near.highest().astype(int)
    x = near.x.astype(int)
    return np.where(high - x < x - low, high, low)


def skimage_rank(what, image, footprint=None, out=None, mask=None, shift_x=0, shift_y=0, shift_z=0):
    x = np.asarray(image)
    window = np.ones((3,) * x.ndim) if footprint is None else footprint
    shifts = (shift_y, shift_x) if x.ndim == 2 else (shift_x, shift_y, shift_z)
    near = Neighbours(x, window, mask, shifts)
    y = as_c_does(what(near), x.dtype if out is None else out.dtype)
    return np.where(near.count == 0, 0, y).astype(y.dtype)


# --- OpenCV ----------------------------------------------------------------------------------


def opencv_border(word):
    return Border.parse(f"opencv:{word}")


def opencv_sums(src, kernel, ddepth, delta, borderType):
    """Sum in float64, then round half to even and saturate, as saturate_cast does."""
    dtype = src.dtype if ddepth in (-1, None) else np.dtype(ddepth)
    return saturate(sums(src, kernel, (0, 1), opencv_border(borderType)) + delta, dtype)


def opencv_anchor(anchor, shape):
    """OpenCV says x before y, and -1 for the middle."""
    return tuple(n // 2 if a < 0 else int(a) for a, n in zip(anchor[::-1], shape, strict=True))


def filter2d(src, ddepth, kernel, anchor=(-1, -1), delta=0, borderType="default"):
    taps = f64(kernel)
    made = ik.Kernel(taps, opencv_anchor(anchor, taps.shape))
    return opencv_sums(src, made, ddepth, delta, borderType)


def sep_filter2d(src, ddepth, kernelX, kernelY, anchor=(-1, -1), delta=0, borderType="default"):
    rows = f64(kernelY).ravel(), f64(kernelX).ravel()
    made = ik.Kernel.from_factors(*rows, anchor=opencv_anchor(anchor, [r.size for r in rows]))
    return opencv_sums(src, made, ddepth, delta, borderType)


def box_filter(src, ddepth, ksize, anchor=(-1, -1), normalize=True, borderType="default"):
    taps = np.ones(tuple(ksize)[::-1])
    y = filter2d(src, "float64", taps, anchor, 0, borderType)
    dtype = src.dtype if ddepth in (-1, None) else np.dtype(ddepth)
    return saturate(y / taps.size if normalize else y, dtype)


def opencv_blur(src, ksize, anchor=(-1, -1), borderType="default"):
    return box_filter(src, -1, ksize, anchor, True, borderType)


def fixed_point(row, bits):
    """OpenCV's rounding of a row to fractions of 2**bits: the error is handed to the next tap."""
    whole, error, half = 2**bits, 0.0, []
    for tap in row[: row.size // 2]:
        half.append(round(tap * whole + error))
        error += tap * whole - half[-1]
    return np.array([*half, whole - 2 * sum(half), *half[::-1]]) / whole


def gaussian_blur(src, ksize, sigmaX, sigmaY=0, borderType="default"):
    truncate = 3.0 if src.dtype == np.uint8 else 4.0
    sigmas = (sigmaY if sigmaY > 0 else sigmaX, sigmaX)
    sizes = [n if n > 0 else None for n in tuple(ksize)[::-1]]
    rows = [kernels.gaussian_taps(s, n, truncate) for s, n in zip(sigmas, sizes, strict=True)]
    if src.dtype not in (np.uint8, np.uint16):
        return sep_filter2d(src, -1, rows[1], rows[0], borderType=borderType)
    fixed = [fixed_point(row, 8 * src.dtype.itemsize) for row in rows]
    y = sep_filter2d(src, "float64", fixed[1], fixed[0], borderType=borderType)
    return saturate(np.floor(y + 0.5), src.dtype)


def derivative_rows(dx, dy, ksize):
    if ksize <= 0:  # Scharr
        assert sorted((dx, dy)) == [0, 1]
        y, x = kernels.scharr("x" if dx else "y").factors
        return x, y
    return kernels.derivative_taps(dx, ksize), kernels.derivative_taps(dy, ksize)


def opencv_sobel(src, ddepth, dx, dy, ksize=3, scale=1, delta=0, borderType="default"):
    x, y = derivative_rows(dx, dy, ksize)
    made = ik.Kernel.from_factors(y, x) * float(scale)
    return opencv_sums(src, made, ddepth, delta, borderType)


def opencv_scharr(src, ddepth, dx, dy, scale=1, delta=0, borderType="default"):
    return opencv_sobel(src, ddepth, dx, dy, -1, scale, delta, borderType)


def opencv_laplacian(src, ddepth, ksize=1, scale=1, delta=0, borderType="default"):
    made = kernels.laplacian_sobel(ksize) * float(scale)
    return opencv_sums(src, made, ddepth, delta, borderType)


def median_blur(src, ksize, borderType="replicate"):
    window = np.ones((ksize, ksize))
    return places(src, window, ksize * ksize // 2, (0, 1), opencv_border(borderType))


def get_gaussian_kernel(ksize, sigma):
    return kernels.gaussian_taps(sigma, ksize)


def get_deriv_kernels(dx, dy, ksize, normalize=False):
    rows = derivative_rows(dx, dy, ksize)
    wholes = [2.0 ** (row.size - order - 1) for row, order in zip(rows, (dx, dy), strict=True)]
    if ksize <= 0:
        wholes = [1.0 if order else 32.0 for order in (dx, dy)]
    return np.concatenate([r / w if normalize else r for r, w in zip(rows, wholes, strict=True)])


def get_gabor_kernel(ksize, sigma, theta, lambd, gamma, psi=math.pi / 2):
    (size,) = set(ksize)
    return kernels.gabor(sigma, theta, lambd, gamma, psi, size).taps


def copy_make_border(src, top, bottom, left, right, borderType, value=0):
    return pad(src, [(top, bottom), (left, right)], opencv_border(borderType), value)


# --- Pillow ----------------------------------------------------------------------------------


def pillow_kernel(image, kernel, scale=None, offset=0.0):
    """Rows from the bottom up, half rounded up, and a margin that stays as it is."""
    taps = f64(kernel)[::-1]
    whole = taps.sum() if scale is None else scale
    y = np.floor(sums(image, taps, (0, 1), "replicate") / whole + offset + 0.5)
    margin = taps.shape[0] // 2
    inner = (slice(margin, -margin),) * 2
    out = image.copy()
    out[inner] = saturate(y, image.dtype)[inner]
    return out


def pillow_rank(place, image, size=3):
    return places(image, np.ones((size, size)), place(size * size), (0, 1), "replicate")


def pillow_rank_filter(image, size, rank):
    return pillow_rank(lambda members: rank, image, size)


def box_row(radius):
    """A mean whose last tap on either side counts in part, in fractions of 2**24."""
    radius = np.float32(radius)
    reach = int(radius)
    tap = int(np.float32(1 << 24) / (radius * np.float32(2) + np.float32(1)))
    edge = ((1 << 24) - (2 * reach + 1) * tap) // 2
    return np.array([edge, *[tap] * (2 * reach + 1), edge]) / (1 << 24)


def box_blur(image, radius, passes=1):
    y = np.asarray(image)
    for axis, r in zip((1, 0), per_axis(radius, 2), strict=True):
        for _ in range(passes if r else 0):
            mean = sums(y, box_row(r), [axis], "replicate")
            y = np.floor(mean + 0.5).astype(np.uint8)
    return y


def box_radius(sigma, passes=3):
    """Gwosdek et al., formulas 7, 11 and 14, in float32."""
    one = np.float32
    square = one(one(sigma) * one(sigma) / one(passes))
    reach = np.floor((one(math.sqrt(12.0 * float(square) + 1.0)) - one(1)) / one(2))
    part = (one(2) * reach + one(1)) * (reach * (reach + one(1)) - one(3) * square)
    return reach + part / (one(6) * (square - (reach + one(1)) * (reach + one(1))))


def pillow_gaussian(image, radius=2):
    return box_blur(image, [box_radius(r) if r else 0 for r in per_axis(radius, 2)], 3)


def pillow_unsharp(image, radius=2, percent=150, threshold=3):
    x = np.asarray(image).astype(int)
    apart = x - pillow_gaussian(image, radius)
    moved = x + np.trunc(apart * percent / 100).astype(int)
    return np.where(np.abs(apart) > threshold, moved.clip(0, 255), x).astype(np.uint8)


PILLOW_KERNELS = (
    "Kernel", "BLUR", "CONTOUR", "DETAIL", "EDGE_ENHANCE", "EDGE_ENHANCE_MORE", "EMBOSS",
    "FIND_EDGES", "SHARPEN", "SMOOTH", "SMOOTH_MORE",
)  # fmt: skip

# --- the table -------------------------------------------------------------------------------

FARID = partial(skimage_edge, kernels.farid, 1.0)

ADAPTERS: dict[str, Callable] = {
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
    "scipy.signal.convolve": signal_convolve,
    "scipy.signal.correlate": signal_correlate,
    "scipy.signal.fftconvolve": fftconvolve,
    "scipy.signal.oaconvolve": fftconvolve,
    "scipy.signal.convolve2d": partial(signal_2d, True),
    "scipy.signal.correlate2d": partial(signal_2d, False),
    "scipy.signal.medfilt": medfilt,
    "scipy.signal.medfilt2d": medfilt2d,
    "scipy.signal.order_filter": order_filter,
    "scipy.signal.wiener": wiener,
    "numpy.pad": numpy_pad,
    "skimage.filters.gaussian": skimage_gaussian,
    "skimage.filters.difference_of_gaussians": difference_of_gaussians,
    "skimage.filters.unsharp_mask": unsharp_mask,
    "skimage.filters.correlate_sparse": correlate_sparse,
    "skimage.filters.median": skimage_median,
    "skimage.filters.laplace": skimage_laplace,
    "skimage.filters.roberts": skimage_roberts,
    "skimage.filters.roberts_pos_diag": partial(roberts_diagonal, 0),
    "skimage.filters.roberts_neg_diag": partial(roberts_diagonal, 1),
    **{
        f"skimage.filters.{name}{end}": adapter
        for name, make, whole in [
            ("sobel", kernels.sobel, 4.0),
            ("scharr", kernels.scharr, 16.0),
            ("prewitt", kernels.prewitt, 3.0),
            ("farid", kernels.farid, 1.0),
        ]
        for end, adapter in [
            ("", partial(skimage_edge, make, whole)),
            ("_h", partial(skimage_along, 0, make, whole)),
            ("_v", partial(skimage_along, 1, make, whole)),
        ]
    },
    **{
        f"skimage.filters.rank.{name}": partial(skimage_rank, what)
        for name, what in [
            ("minimum", Neighbours.lowest),
            ("maximum", Neighbours.highest),
            ("median", middle),
            ("mean", Neighbours.mean),
            ("sum", lambda near: near.total(near.x)),
            ("pop", lambda near: near.count),
            ("gradient", lambda near: near.highest().astype(int) - near.lowest()),
            ("threshold", lambda near: near.x > np.floor(near.mean())),
            ("subtract_mean", lambda near: (near.x - near.mean()) / 2 + 127),
            ("enhance_contrast", enhance_contrast),
        ]
    },
    "cv2.filter2D": filter2d,
    "cv2.sepFilter2D": sep_filter2d,
    "cv2.boxFilter": box_filter,
    "cv2.blur": opencv_blur,
    "cv2.GaussianBlur": gaussian_blur,
    "cv2.Sobel": opencv_sobel,
    "cv2.Scharr": opencv_scharr,
    "cv2.Laplacian": opencv_laplacian,
    "cv2.medianBlur": median_blur,
    "cv2.getGaussianKernel": get_gaussian_kernel,
    "cv2.getDerivKernels": get_deriv_kernels,
    "cv2.getGaborKernel": get_gabor_kernel,
    "cv2.copyMakeBorder": copy_make_border,
    "gaussian_kernel_table": get_gaussian_kernel,
    **{f"pillow.{name}": pillow_kernel for name in PILLOW_KERNELS},
    "pillow.MinFilter": partial(pillow_rank, lambda members: 0),
    "pillow.MedianFilter": partial(pillow_rank, lambda members: members // 2),
    "pillow.MaxFilter": partial(pillow_rank, lambda members: members - 1),
    "pillow.RankFilter": pillow_rank_filter,
    "pillow.box_blur": box_blur,
    "pillow.BoxBlur": box_blur,
    "pillow.GaussianBlur": pillow_gaussian,
    "pillow.UnsharpMask": pillow_unsharp,
}


# --- what is out of scope --------------------------------------------------------------------


def complex_numbers(op, args):
    """Whether a complex array takes part; but a border may be laid around any array."""
    return op != "numpy.pad" and any(
        isinstance(value, np.ndarray | np.dtype)
        and np.dtype(getattr(value, "dtype", value)).kind == "c"
        for value in args.values()
    )


def invented_margins(op, args):
    """Whether numpy.pad makes up values: statistics, ramps, odd reflections, none at all."""
    kinds = ("mean", "median", "minimum", "maximum", "linear_ramp", "empty")
    return op == "numpy.pad" and (args["mode"] in kinds or args.get("reflect_type") == "odd")


def many_axes(op, args):
    """Whether a window has more than 3 axes."""
    windows = (args.get(name) for name in ("weights", "footprint", "kernel", "in2", "domain"))
    return any(np.ndim(window) > 3 for window in windows if window is not None)


OUT_OF_SCOPE: dict[str | Callable, str] = {
    complex_numbers: "pixels and taps are real numbers; complex ones are a TypeError",
    invented_margins: "not a border: its values are statistics, ramps or odd reflections",
    many_axes: "a kernel has 1 to 3 axes",
    "pillow.DETAIL": "sixths: exact halves fall as the order of Pillow's float32 sums has it",
    "pillow.SMOOTH_MORE": "hundredths: exact halves fall as Pillow's float32 sums have it",
    "pillow.ModeFilter": "the commonest value is neither a sum of products nor a rank",
    "scipy.ndimage.generic_filter": "calls back into Python",
    "scipy.ndimage.generic_filter1d": "calls back into Python",
    "scipy.ndimage.generic_laplace": "calls back into Python",
    "scipy.ndimage.generic_gradient_magnitude": "calls back into Python",
    "scipy.ndimage.vectorized_filter": "calls back into Python",
    "skimage.filters.rank.autolevel": "stretches a local histogram",
    "skimage.filters.rank.entropy": "needs a local histogram",
    "skimage.filters.rank.equalize": "needs a local histogram",
    "skimage.filters.rank.geometric_mean": "a product of pixels",
    "skimage.filters.rank.majority": "the commonest value of a local histogram",
    "skimage.filters.rank.modal": "the commonest value of a local histogram",
    "skimage.filters.rank.noise_filter": "the nearest value of a local histogram",
    "skimage.filters.rank.otsu": "needs a local histogram",
    "skimage.filters.rank.windowed_histogram": "a local histogram",
}


def out_of_scope(op, args):
    """Why a call is out of scope, or None."""
    for key, reason in OUT_OF_SCOPE.items():
        if key == op or (callable(key) and key(op, args)):
            return reason
    return None
