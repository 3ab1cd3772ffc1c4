"""scipy.signal, said in ours: convolutions, medians and wiener; and numpy.pad beside it."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from adapters_common import as_c_does, axes_of, crop, f64, per_axis
from adapters_ndimage import scipy_rank

import imgkernels as ik
from imgkernels.border import Border, pad


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


SIGNAL: dict[str, Callable] = {
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
}
