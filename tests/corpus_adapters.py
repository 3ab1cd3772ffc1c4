"""How calls of other libraries are said in ours: one table from operation to adapter."""

# An adapter has the signature of the function it stands for, so an argument that it does not know
# is a TypeError. It translates conventions, no more: names of borders, axes, scale, sign, origin,
# the dtype of the result and how it is rounded. Every sum of products and every rank is ours. What
# the libraries do is taken from their documentation and sources: scipy 1.17.1, numpy 2.4,
# scikit-image 0.26.0, OpenCV 5.0.0, Pillow 13.0.0.

from collections.abc import Callable

import numpy as np
from adapters_ndimage import NDIMAGE
from adapters_opencv import OPENCV
from adapters_pillow import PILLOW
from adapters_signal import SIGNAL
from adapters_skimage import SKIMAGE

ADAPTERS: dict[str, Callable] = NDIMAGE | SIGNAL | SKIMAGE | OPENCV | PILLOW


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
