"""kornia.filters: derivatives scaled to sums of 1, sizes always said.

Integers go in as they are: kornia filters them in float32, in their own units, since 0.9.
"""

from __future__ import annotations

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.dialect.torch import BEYOND, anchored, extreme
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Merge, Operation, Rank
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.values import Floats

BORDERS = (Border.REFLECT, Border.CONSTANT, Border.REPLICATE, Border.WRAP)
MORPHOLOGY = (Border.CONSTANT, Border.REFLECT, Border.REPLICATE, Border.WRAP)
EDGE = (Border.REPLICATE,)


def _said(value: float | None, filter_: str, name: str, call: str) -> float:
    if not value:
        raise InvalidValue(f"{filter_}: kornia's {call} makes no {name} up: give {name}")
    return value


def _blur(
    sigma: float | None,
    sigma_y: float | None,
    ksize: int | None,
    ksize_y: int | None,
) -> Operation:
    wide = int(_said(ksize, "blur", "ksize", "gaussian_blur2d"))
    along_x = _said(sigma, "blur", "sigma", "gaussian_blur2d")
    bell = kernels.gaussian((sigma_y or along_x, along_x), (ksize_y or wide, wide))
    return Convolve(bell)


def _box(size: int) -> Operation:
    return Convolve(anchored(kernels.box(size), "box-blur"))


def _median(size: int) -> Operation:
    return Rank.median(size)


def _sobel() -> Operation:
    both = tuple(Convolve(kernels.sobel(axis) / 8) for axis in ("x", "y"))
    return Merge(both, length)


def _sobel_x() -> Operation:
    return Convolve(kernels.sobel("x") / 8)


def _sobel_y() -> Operation:
    return Convolve(kernels.sobel("y") / 8)


def _laplacian(ksize: int | None) -> Operation:
    size = int(_said(ksize, "laplacian", "ksize", "laplacian"))
    if size == 1:
        raise InvalidValue("laplacian: kornia's laplacian starts at ksize 3; got 1")
    taps = np.ones((size, size))
    taps[size // 2, size // 2] -= size * size
    return Convolve(Kernel(taps / np.abs(taps).sum()))


def _custom(kernel: Kernel) -> Operation:
    return Convolve(anchored(kernel, "custom: kornia's filter2d"))


def _extreme(share: float, size: int, frame: Frame) -> Operation:
    """Return the lowest or highest value; unless a border is asked for, nothing lies beyond."""
    if frame.border_asked:
        return Rank.share(share, size)
    return extreme(share, size, -BEYOND if share else BEYOND)


def _minimum(size: int, *, frame: Frame) -> Operation:
    return _extreme(0, size, frame)


def _maximum(size: int, *, frame: Frame) -> Operation:
    return _extreme(1, size, frame)


def length(x: Floats, y: Floats) -> Floats:
    """Return the root of the sum of squares and 1e-6, which makes 0.001 out of flat."""
    root: Floats = np.sqrt(x * x + y * y + x.dtype.type(1e-6))
    return root


DIALECT = Dialect(
    name="kornia",
    version="0.9.0",
    source="kornia, kornia/filters and kornia/morphology",
    dtypes=("uint8", "uint16", "float32", "float64"),
    bell=Bell(
        "sigma",
        "kornia.filters.gaussian_blur2d(x, ({width}, {width}), ({value}, {value}))",
        sized=True,
    ),
    rules={
        "blur": Rule(
            "kornia.filters.gaussian_blur2d(x, (ksize_y, ksize), (sigma_y, sigma))", _blur, BORDERS
        ),
        "box-blur": Rule("kornia.filters.box_blur(x, size)", _box, BORDERS),
        "median": Rule("kornia.filters.median_blur(x, size)", _median, BORDERS),
        "sobel": Rule("kornia.filters.sobel(x)", _sobel, EDGE),
        "sobel-x": Rule("kornia.filters.spatial_gradient(x)[:, :, 0]", _sobel_x, EDGE),
        "sobel-y": Rule("kornia.filters.spatial_gradient(x)[:, :, 1]", _sobel_y, EDGE),
        "laplacian": Rule("kornia.filters.laplacian(x, ksize)", _laplacian, BORDERS),
        "custom": Rule("kornia.filters.filter2d(x, kernel)", _custom, BORDERS),
        "minimum": Rule(
            "kornia.morphology.erosion(x, ones(size, size))", _minimum, MORPHOLOGY, value=True
        ),
        "maximum": Rule(
            "kornia.morphology.dilation(x, ones(size, size))", _maximum, MORPHOLOGY, value=True
        ),
    },
    notes=(
        "integers are filtered in float32 and stay floats in kornia; here they are rounded to "
        "their own dtype at the end, unless another is asked for",
        "sobel adds 1e-6 under its root, so that flat areas are 0.001, of white in floats and of "
        "a level in integers",
        "sizes are always said: blur and laplacian need ksize; unsharp_mask is left out, as our "
        "unsharp has no size",
        "refuses a reflection wider than the image; here it goes on",
    ),
)
