"""skimage.filters, said in ours: edges, Gaussians, medians and the rank filters."""

from collections.abc import Callable
from functools import partial

import numpy as np
from adapters_common import as_c_does, f64, per_axis, places, sums
from adapters_ndimage import gaussian_filter, median_filter

import imgkernels as ik
from imgkernels import kernels


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


SKIMAGE: dict[str, Callable] = {
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
}
