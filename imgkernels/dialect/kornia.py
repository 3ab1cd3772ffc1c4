"""kornia.filters: batches of shares of white; derivatives scaled to sums of 1, sizes always said.

Integers go in as shares of white in float32, as kornia.image_to_tensor and a division bring them.
"""

from __future__ import annotations

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.dialect.torch import BEYOND, anchored, extreme, shares
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
    *,
    frame: Frame,
) -> Operation:
    wide = int(_said(ksize, "blur", "ksize", "gaussian_blur2d"))
    along_x = _said(sigma, "blur", "sigma", "gaussian_blur2d")
    bell = kernels.gaussian((sigma_y or along_x, along_x), (ksize_y or wide, wide))
    return shares(Convolve(bell), frame)


def _box(size: int, *, frame: Frame) -> Operation:
    return shares(Convolve(anchored(kernels.box(size), "box-blur")), frame)


def _median(size: int, *, frame: Frame) -> Operation:
    return shares(Rank.median(size), frame)


def _sobel(*, frame: Frame) -> Operation:
    both = tuple(Convolve(kernels.sobel(axis) / 8) for axis in ("x", "y"))
    return shares(Merge(both, length), frame)


def _sobel_x(*, frame: Frame) -> Operation:
    return shares(Convolve(kernels.sobel("x") / 8), frame)


def _sobel_y(*, frame: Frame) -> Operation:
    return shares(Convolve(kernels.sobel("y") / 8), frame)


def _laplacian(ksize: int | None, *, frame: Frame) -> Operation:
    size = int(_said(ksize, "laplacian", "ksize", "laplacian"))
    if size == 1:
        raise InvalidValue("laplacian: kornia's laplacian starts at ksize 3; got 1")
    taps = np.ones((size, size))
    taps[size // 2, size // 2] -= size * size
    return shares(Convolve(Kernel(taps / np.abs(taps).sum())), frame)


def _custom(kernel: Kernel, *, frame: Frame) -> Operation:
    return shares(Convolve(anchored(kernel, "custom: kornia's filter2d")), frame)


def _extreme(share: float, size: int, frame: Frame) -> Operation:
    """Return the lowest or highest value; unless a border is asked for, nothing lies beyond."""
    if frame.border_asked:
        return shares(Rank.share(share, size), frame)
    return shares(extreme(share, size, -BEYOND if share else BEYOND), frame)


def _minimum(size: int, *, frame: Frame) -> Operation:
    return _extreme(0, size, frame)


def _maximum(size: int, *, frame: Frame) -> Operation:
    return _extreme(1, size, frame)


def length(x: Floats, y: Floats) -> Floats:
    """Return the root of the sum of squares and 1e-6, which makes 0.001 of white out of flat."""
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
        "integers go in as shares of white in float32 and come back times white, rounded by us: "
        "where a half is near, one pixel in thousands may be a level off",
        "sobel adds 1e-6 under its root, so that flat areas are 0.001 of white",
        "sizes are always said: blur and laplacian need ksize; unsharp_mask is left out, as our "
        "unsharp has no size",
        "refuses a reflection wider than the image; here it goes on",
    ),
)
