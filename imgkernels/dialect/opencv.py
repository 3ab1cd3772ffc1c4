"""OpenCV's imgproc: its sizes and tables, fixed point in 8 and 16 bits, saturating casts."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.operations import (
    Cast,
    Chain,
    Convolve,
    Frame,
    Framed,
    Merge,
    Native,
    Operation,
    Pointwise,
    Rank,
    Rounding,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

Gain = Literal["kernel", "unit"]
Axis = Literal["x", "y"]

# WRAP is refused by its filters, and a constant is 0: most calls take no value.
BORDERS = (Border.REFLECT, Border.SYMMETRIC, Border.REPLICATE, Border.CONSTANT)
MORPHOLOGY = (Border.CONSTANT, Border.REFLECT, Border.SYMMETRIC, Border.REPLICATE)
DFT_FROM = 130  # taps from which filter2D takes its transform (filter.dispatch.cpp)
MEDIAN_SIZES = {"uint8": 255, "uint16": 5, "int16": 5, "float32": 5}


def _stored(operation: Operation, frame: Frame) -> Operation:
    """Store as saturate_cast does in the dtype asked for (ddepth): half to even, clamped."""
    store = Cast(frame.stored.name)
    if frame.stored.kind == "f":
        return Chain((operation, store))
    return Chain((operation, Pointwise(through_32_bits), store))


def _filter2d(kernel: Kernel, frame: Frame) -> Operation:
    # Where halves are near, the order of the sums shows: OpenCV's own, where it is there.
    if frame.dtype == frame.stored == np.uint8 and kernel.size >= DFT_FROM:
        return Native(kernel)
    return _stored(Framed(Convolve(kernel), frame.border, method="direct"), frame)


def _separable(kernel: Kernel, frame: Frame) -> Operation:
    return _stored(Convolve(kernel), frame)


def fixed_point(row: Taps, bits: int) -> Taps:
    """Round a row that sums to 1 to fractions of 2**bits; each tap's error goes to the next.

    What is left over goes to the middle. Source: OpenCV, getGaussianKernelFixedPoint_ED in
    smooth.dispatch.cpp.
    """
    whole, error = 2**bits, 0.0
    half: list[int] = []
    for tap in row[: row.size // 2]:
        half.append(round(tap * whole + error))
        error += tap * whole - half[-1]
    fixed: Taps = np.array([*half, whole - 2 * sum(half), *half[::-1]]) / whole
    return fixed


def _bell(frame: Frame, sigmas: tuple[float, ...], sizes: tuple[int | None, ...]) -> Operation:
    rows = [kernels.gaussian_taps(s, n, frame.truncate) for s, n in zip(sigmas, sizes, strict=True)]
    if frame.dtype.name not in ("uint8", "uint16"):
        return Chain((Convolve(Kernel.from_factors(*rows)), Cast(frame.dtype.name)))
    kernel = Kernel.from_factors(*(fixed_point(row, 8 * frame.dtype.itemsize) for row in rows))
    # Row by row all sums are exact, halves too; a transform of the window has them only nearly.
    total = Framed(Convolve(kernel), frame.border, method="separable")
    return Chain((Cast("float64"), total, Cast(frame.dtype.name, Rounding.HALF_UP)))


def _blur(
    sigma: float | None,
    sigma_y: float | None,
    ksize: int | None,
    ksize_y: int | None,
    *,
    frame: Frame,
) -> Operation:
    along_x = (0.0 if ksize else 2.0) if sigma is None else sigma
    return _bell(frame, (sigma_y or along_x, along_x), (ksize_y or ksize, ksize))


def _box(size: int, *, frame: Frame) -> Operation:
    if frame.stored.kind == "f" or size == 1:
        return _separable(kernels.box(size), frame)
    quick = frame.dtype == frame.stored == np.uint8 and size * size <= 256
    total = Convolve(kernels.box(size) * float(size * size))
    mean = Pointwise(mean_of_8_bits if quick else mean_in_float32, (size * size,))
    return _stored(Chain((Cast("float64"), total, mean)), frame)


def _derivative(maker: str, axis: Axis, ksize: int, gain: Gain) -> Kernel:
    kernel = kernels.sobel(axis, ksize) if maker == "sobel" else kernels.scharr(axis)
    return kernel / kernel.gain if gain == "unit" else kernel


def _sobel_x(ksize: int, gain: Gain, *, frame: Frame) -> Operation:
    return _separable(_derivative("sobel", "x", ksize, gain), frame)


def _sobel_y(ksize: int, gain: Gain, *, frame: Frame) -> Operation:
    return _separable(_derivative("sobel", "y", ksize, gain), frame)


def _scharr_x(gain: Gain, *, frame: Frame) -> Operation:
    return _separable(_derivative("scharr", "x", 3, gain), frame)


def _scharr_y(gain: Gain, *, frame: Frame) -> Operation:
    return _separable(_derivative("scharr", "y", 3, gain), frame)


def _steepness(maker: str, ksize: int, gain: Gain, frame: Frame) -> Operation:
    both = (_derivative(maker, "x", ksize, gain), _derivative(maker, "y", ksize, gain))
    return _stored(Merge(tuple(map(Convolve, both)), length), frame)


def _sobel(ksize: int, gain: Gain, *, frame: Frame) -> Operation:
    return _steepness("sobel", ksize, gain, frame)


def _scharr(gain: Gain, *, frame: Frame) -> Operation:
    return _steepness("scharr", 3, gain, frame)


def _laplacian(ksize: int | None, *, frame: Frame) -> Operation:
    return _filter2d(kernels.laplacian_sobel(1 if ksize is None else ksize), frame)


def _gabor(
    wavelength: float, theta: float, sigma: float, gamma: float, psi: float, *, frame: Frame
) -> Operation:
    turn, phase = math.radians(theta), math.radians(psi)
    return _filter2d(kernels.gabor(sigma, turn, wavelength, gamma, phase), frame)


def _sharpen(amount: float, neighbours: Literal["axes", "all"], *, frame: Frame) -> Operation:
    return _filter2d(kernels.sharpen(amount, neighbours), frame)


def _unsharp(sigma: float, amount: float, *, frame: Frame) -> Operation:
    same, bell = Chain(()), _bell(frame, (sigma, sigma), (None, None))
    return _stored(Merge((same, bell), weighted, (1 + amount, -amount)), frame)


def _custom(kernel: Kernel, *, frame: Frame) -> Operation:
    return _filter2d(kernel, frame)


def _median(size: int, *, frame: Frame) -> Operation:
    most = MEDIAN_SIZES[frame.dtype.name]
    if size > most:
        raise InvalidValue(
            f"median: opencv's cv2.medianBlur takes sizes up to {most} for {frame.dtype.name}; "
            f"got {size}"
        )
    return Rank.median(size)


def _extreme(share: float, size: int, frame: Frame) -> Operation:
    """Return the lowest or highest value; what lies beyond a constant border never wins."""
    rank = Rank.share(share, size)
    if frame.border is not Border.CONSTANT:
        return rank
    limits = np.finfo(frame.dtype) if frame.dtype.kind == "f" else np.iinfo(frame.dtype)
    return Framed(rank, frame.border, float(limits.min if share else limits.max))


def _minimum(size: int, *, frame: Frame) -> Operation:
    return _extreme(0, size, frame)


def _maximum(size: int, *, frame: Frame) -> Operation:
    return _extreme(1, size, frame)


def through_32_bits(x: Floats, white: float) -> Floats:
    """Pass through a 32-bit integer, as cvRound does: what is beyond is the lowest of all."""
    return np.where(np.abs(x) < 2.0**31, x, x.dtype.type(-(2.0**31)))


def mean_of_8_bits(total: Floats, white: float, count: int) -> Floats:
    """Divide a sum by a multiplication of whole numbers, as ColumnSum in box_filter does.

    Nearly half up; quarters round up too, as OpenCV's do.
    """
    exact = 2.0**23 / count
    low = exact - math.floor(exact) < 0.5
    factor = math.floor(exact) + (not low)
    mean: Floats = np.floor((total + (count // 2 + low)) * factor / 2.0**23)
    return mean


def mean_in_float32(total: Floats, white: float, count: int) -> Floats:
    """Multiply by a fraction in float32."""
    mean: Floats = total.astype(np.float32) * np.float32(1 / count)
    return mean


def length(x: Floats, y: Floats) -> Floats:
    """Return the root of the sum of squares in one multiply-add, which rounds once."""
    root: Floats = np.sqrt(fused(x, x, y * y))
    return root


def weighted(x: Array, y: Array, alpha: float, beta: float) -> Floats:
    """Return alpha x + beta y, in float32 (float64 for float64) with one multiply-add."""
    dtype: np.dtype[Any] = np.dtype(np.float64 if x.dtype == np.float64 else np.float32)
    x, y = x.astype(dtype), y.astype(dtype)
    return fused(x, dtype.type(alpha), y * dtype.type(beta))


def fused(x: Floats, factor: Floats, rest: Floats) -> Floats:
    """Return x * factor + rest rounded once in float32: what a processor's multiply-add does."""
    exact: Floats = x.astype(np.float64) * factor + rest
    return exact.astype(rest.dtype)


_TWO = "cv2.magnitude(cv2.{0}(x, cv2.CV_32F, 1, 0), cv2.{0}(x, cv2.CV_32F, 0, 1))"
_GABOR = "cv2.getGaborKernel((0, 0), sigma, theta, wavelength, gamma, psi)"

DIALECT = Dialect(
    name="opencv",
    version="5.0.0",
    source="OpenCV, modules/imgproc/src",
    dtypes=("uint8", "uint16", "int16", "float32", "float64"),
    bell=Bell("sigma", "cv2.GaussianBlur(image, (0, 0), {value})"),
    rules={
        "blur": Rule(
            "cv2.GaussianBlur(x, (ksize, ksize_y), sigma, sigmaY=sigma_y)", _blur, BORDERS
        ),
        "box-blur": Rule("cv2.boxFilter(x, ddepth, (size, size))", _box, BORDERS),
        "sobel-x": Rule("cv2.Sobel(x, ddepth, 1, 0, ksize=ksize, scale=scale)", _sobel_x, BORDERS),
        "sobel-y": Rule("cv2.Sobel(x, ddepth, 0, 1, ksize=ksize, scale=scale)", _sobel_y, BORDERS),
        "sobel": Rule(_TWO.format("Sobel"), _sobel, BORDERS),
        "scharr-x": Rule("cv2.Scharr(x, ddepth, 1, 0, scale=scale)", _scharr_x, BORDERS),
        "scharr-y": Rule("cv2.Scharr(x, ddepth, 0, 1, scale=scale)", _scharr_y, BORDERS),
        "scharr": Rule(_TWO.format("Scharr"), _scharr, BORDERS),
        "laplacian": Rule("cv2.Laplacian(x, ddepth, ksize=ksize)", _laplacian, BORDERS),
        "gabor": Rule(f"cv2.filter2D(x, ddepth, {_GABOR})", _gabor, BORDERS),
        "sharpen": Rule("cv2.filter2D(x, ddepth, kernel)", _sharpen, BORDERS),
        "unsharp": Rule(
            "cv2.addWeighted(x, 1 + amount, cv2.GaussianBlur(x, (0, 0), sigma), -amount, 0)",
            _unsharp,
            BORDERS,
        ),
        "custom": Rule("cv2.filter2D(x, ddepth, kernel, anchor=anchor)", _custom, BORDERS),
        "median": Rule(
            "cv2.medianBlur(x, size)", _median, (Border.REPLICATE,), dtypes=tuple(MEDIAN_SIZES)
        ),
        "minimum": Rule("cv2.erode(x, ones(size, size))", _minimum, MORPHOLOGY),
        "maximum": Rule("cv2.dilate(x, ones(size, size))", _maximum, MORPHOLOGY),
    },
    notes=(
        "ddepth is the dtype asked for, that of the image unless given: negative slopes of 8 bits "
        "are 0 then; dtype='int16' keeps them, and a range shows them as it says",
        "GaussianBlur of 8 and 16 bits goes through taps of 8 and 16 fractional bits",
        "windows of 130 taps and more of filter2D go through its transform in float32: in 8 bits "
        "OpenCV itself is asked; without it, and in 16 bits, one pixel in thousands may be a level "
        "off where a half is near; so may 16-bit magnitudes",
        "derivatives of 16 bits wider than 5 are summed in float32, which shows in levels",
        "erode and dilate ignore what lies beyond the edge, unless a border is asked for",
        "Canny is not here: it has its own thinning, and thresholds in levels of 8 bits",
    ),
)
