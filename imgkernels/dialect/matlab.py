"""MATLAB's image processing toolbox: fspecial's kernels, zeros beyond the edge, halves up."""

from __future__ import annotations

import itertools
import math

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.operations import Cast, Chain, Frame, Operation, Ordered, Rank, Rounding
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps

# imfilter's 0 (or a number), 'replicate', 'symmetric', 'circular'
BORDERS = (Border.CONSTANT, Border.REPLICATE, Border.SYMMETRIC, Border.WRAP)
NEAREST = (Border.REPLICATE, Border.SYMMETRIC, Border.WRAP, Border.CONSTANT)
ZEROS = (Border.CONSTANT,)


def imfilter(kernel: Kernel, frame: Frame) -> Operation:
    """Return a correlation in doubles, integers rounded half up and clamped."""
    store = Cast(frame.dtype.name, Rounding.HALF_UP)
    return Chain((Cast("float64"), Ordered(kernel), store))


def _blur(sigma: float | None, *, frame: Frame) -> Operation:
    width = 2.0 if sigma is None else sigma
    if width == 0:
        raise InvalidValue("blur: matlab's imgaussfilt takes a sigma > 0; got 0")
    return imfilter(kernels.gaussian(width, 2 * math.ceil(2 * width) + 1), frame)


def _box(size: int, *, frame: Frame) -> Operation:
    # fspecial's middle of an even size is the left one of two.
    anchor = ((size - 1) // 2,) * 2
    return imfilter(Kernel(np.full((size, size), 1 / size**2), anchor), frame)


def disk_taps(radius: float) -> Taps:
    """Return how much of each pixel a disk covers, exactly, as a share of the disk.

    Source: MATLAB, fspecial('disk', radius).
    """
    half = math.ceil(radius - 0.5)
    ends = [0.0, *(n + 0.5 for n in range(half + 1))]  # one quarter, whose first pixel is a half
    quarter = np.array(
        [
            [_covered(radius, *x, *y) for x in itertools.pairwise(ends)]
            for y in itertools.pairwise(ends)
        ]
    )
    quarter[0] *= 2
    quarter[:, 0] *= 2
    whole = np.concatenate([quarter[:0:-1], quarter])
    taps: Taps = np.concatenate([whole[:, :0:-1], whole], axis=1)
    return taps / float(taps.sum())


def _covered(radius: float, x0: float, x1: float, y0: float, y1: float) -> float:
    """Return the area of a quarter disk inside a rectangle: the integral of its clipped height."""

    def below(x: float) -> float:
        return 0.5 * (x * math.sqrt(max(radius**2 - x**2, 0)) + radius**2 * math.asin(x / radius))

    full = math.sqrt(max(radius**2 - y1**2, 0.0))  # up to here it is higher than y1
    last = math.sqrt(max(radius**2 - y0**2, 0.0))  # and up to here higher than y0
    low, high = max(x0, min(full, x1)), min(x1, last)
    area = max(min(x1, full) - x0, 0.0) * (y1 - y0)
    return area + (below(high) - below(low) - y0 * (high - low) if high > low else 0.0)


def _disk(radius: float, *, frame: Frame) -> Operation:
    if radius < 0.75:
        raise InvalidValue(
            f"lens-blur: matlab's fspecial('disk') is followed from a radius of 0.75 px on; "
            f"got {radius:g}"
        )
    return imfilter(Kernel(disk_taps(radius)), frame)


def _laplacian(alpha: float, *, frame: Frame) -> Operation:
    return imfilter(kernels.laplacian_alpha(alpha), frame)


def _sharpen(alpha: float, *, frame: Frame) -> Operation:
    return imfilter(kernels.identity() - kernels.laplacian_alpha(alpha), frame)


def _sobel_y(*, frame: Frame) -> Operation:
    return imfilter(-kernels.sobel("y"), frame)


def _sobel_x(*, frame: Frame) -> Operation:
    return imfilter(-kernels.sobel("x"), frame)


def _prewitt_y(*, frame: Frame) -> Operation:
    return imfilter(-kernels.prewitt("y"), frame)


def _prewitt_x(*, frame: Frame) -> Operation:
    return imfilter(-kernels.prewitt("x"), frame)


def _custom(kernel: Kernel, normalize: bool, *, frame: Frame) -> Operation:
    middle = tuple((n - 1) // 2 for n in kernel.shape)
    fitted = Kernel(kernel.taps, middle)
    return imfilter(fitted.normalized() if normalize else fitted, frame)


def _median(size: int) -> Operation:
    return Rank.median(size)


def _minimum(size: int) -> Operation:
    return Rank.share(0, size)


def _maximum(size: int) -> Operation:
    return Rank.share(1, size)


def _percentile(percent: float, size: int) -> Operation:
    return Rank.share(percent / 100, size)


_IMFILTER = "imfilter(x, fspecial({}))"
_ORDER = "ordfilt2(x, {}, ones(size))"

DIALECT = Dialect(
    name="matlab",
    version="R2023b",
    source="MATLAB's documentation of fspecial, imfilter, imgaussfilt and medfilt2; checked with "
    "GNU Octave 7.3 and its image package 2.14",
    dtypes=("uint8", "uint16", "float32", "float64"),
    bell=Bell("sigma", "imgaussfilt(image, {value})"),
    rules={
        "blur": Rule("imgaussfilt(x, sigma)", _blur, NEAREST, True),
        "box-blur": Rule(_IMFILTER.format("'average', size"), _box, BORDERS, True),
        "lens-blur": Rule(_IMFILTER.format("'disk', radius"), _disk, BORDERS, True),
        "laplacian-alpha": Rule(_IMFILTER.format("'laplacian', alpha"), _laplacian, BORDERS, True),
        "sharpen-alpha": Rule(_IMFILTER.format("'unsharp', alpha"), _sharpen, BORDERS, True),
        "sobel-y": Rule(_IMFILTER.format("'sobel'"), _sobel_y, BORDERS, True),
        "sobel-x": Rule("imfilter(x, fspecial('sobel')')", _sobel_x, BORDERS, True),
        "prewitt-y": Rule(_IMFILTER.format("'prewitt'"), _prewitt_y, BORDERS, True),
        "prewitt-x": Rule("imfilter(x, fspecial('prewitt')')", _prewitt_x, BORDERS, True),
        "custom": Rule("imfilter(x, kernel)", _custom, BORDERS, True),
        "median": Rule("medfilt2(x, [size size])", _median, ZEROS),
        "minimum": Rule(_ORDER.format("1"), _minimum, ZEROS),
        "maximum": Rule(_ORDER.format("size ^ 2"), _maximum, ZEROS),
        "percentile": Rule(_ORDER.format("k"), _percentile, ZEROS),
    },
    notes=(
        "known from the documentation alone: imgaussfilt, which Octave lacks; its kernel and "
        "border are checked as imfilter(x, fspecial('gaussian', 2 * ceil(2 * sigma) + 1, sigma), "
        "'replicate')",
        "fspecial's sobel and prewitt answer where the image gets darker downwards: the sign is "
        "not ours; negative values of unsigned images are 0",
        "an even kernel is anchored at floor((n + 1) / 2), counted from 1",
        "fspecial('motion') is not here: Octave's is another kernel, so nothing could check it; "
        "nor is edge(), which thins",
    ),
)
