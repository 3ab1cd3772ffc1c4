"""libvips: Gaussians of whole taps, cut early; 8 bits through vector units, floats cut off."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.compass import DIRECTIONS
from imgkernels.operations import (
    Cast,
    Chain,
    Convolve,
    Frame,
    Merge,
    Operation,
    Pointwise,
    Rank,
    Rounding,
    Shifted,
    Strongest,
    point,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

EDGE = (Border.REPLICATE,)  # convolution extends by copying, always
_LEAST = 0.2  # min_ampl of gaussblur, unless given


def bell_row(sigma: float) -> Taps:
    """Return a Gaussian of whole taps, 20 in the middle, as far out as it is above 0.2.

    Source: libvips, create/gaussmat.c.
    """
    most = int(min(max(8 * sigma, 0), 5000))
    fall = (x for x in range(most) if math.exp(-(x**2) / (2 * sigma**2)) < _LEAST)
    half = max(next(fall, most) - 1, 0)
    row: Taps = np.rint(20 * np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * sigma**2)))
    return row


def integer(kernel: Kernel, scale: float, frame: Frame) -> Operation:
    """Return a convolution of precision "integer": of 8 bits in vector units.

    Source: libvips, convolution/convi.c.
    """
    if frame.dtype == np.uint8:
        return in_16_bits(kernel, scale)
    divide = divided if frame.dtype.kind == "f" else half_up
    total = Chain((Cast("float64"), Convolve(kernel), Pointwise(divide, (scale,))))
    return Chain((total, Cast(frame.dtype.name)))


def in_16_bits(kernel: Kernel, scale: float, offset: int = 0) -> Operation:
    """Return the taps as 8-bit mantissas with a common exponent, a bit of which stays free."""
    taps = kernel.taps / scale
    shift = math.ceil(math.log2(taps.max()) + 1)
    early = math.ceil(math.log2(taps.size))
    whole = np.rint(128 * taps * 2.0**-shift)
    return Shifted(Kernel(whole, kernel.anchor), early, 7 - shift - early, offset)


def _blur(sigma: float | None, *, frame: Frame) -> Operation:
    if sigma == 0:
        return Chain(())
    row = bell_row(2.0 if sigma is None else sigma)
    along_x, along_y = Kernel([row]), Kernel(row[:, np.newaxis])
    scale = float(row.sum())
    return Chain((integer(along_x, scale, frame), integer(along_y, scale, frame)))


def stored(operation: Operation, frame: Frame) -> Operation:
    """Return an answer in floats, cast to the dtype asked for: cut off and clamped."""
    floats = "float64" if frame.dtype == np.float64 else "float32"
    store = Cast(frame.stored.name, Rounding.TRUNCATE)
    return Chain((Cast("float64"), operation, Cast(floats), store))


def _custom(kernel: Kernel, normalize: bool, *, frame: Frame) -> Operation:
    # The middle is n // 2 in libvips, whatever anchor ours has.
    fitted = Kernel(kernel.taps)
    return stored(Convolve(fitted.normalized() if normalize else fitted), frame)


def _sobel(*, frame: Frame) -> Operation:
    both = (-kernels.sobel("y"), kernels.sobel("x"))
    if frame.dtype == np.uint8:
        return Merge(tuple(in_16_bits(kernel, 2.0, 128) for kernel in both), sum_of_halves)
    return stored(Merge(tuple(map(Convolve, both)), sum_of_sizes), frame)


def _compass(mask: Callable[..., Kernel]) -> Callable[..., Operation]:
    def make(*, frame: Frame) -> Operation:
        sizes = (Chain((Convolve(mask(d)), Pointwise(point.absolute))) for d in DIRECTIONS)
        return stored(Strongest(tuple(sizes)), frame)

    return make


def _always(kernel: Kernel) -> Callable[..., Operation]:
    def make(*, frame: Frame) -> Operation:
        return stored(Convolve(kernel), frame)

    return make


def _laplacian(neighbours: Literal["axes", "all"], *, frame: Frame) -> Operation:
    return stored(Convolve(kernels.laplacian(neighbours)), frame)


def _ranked(share: float, size: int, frame: Frame) -> Operation:
    if frame.dtype == np.uint8 and size > 3 and share not in (0, 1):
        raise InvalidValue(
            f"libvips: rank() of 8 bits is not to be relied on above 3 x 3; got size {size}, "
            f"whose answers in 8.14.1 are no rank of the window"
        )
    return Rank.share(share, size)


def _median(size: int, *, frame: Frame) -> Operation:
    return _ranked(0.5, size, frame)


def _minimum(size: int) -> Operation:
    return Rank.share(0, size)


def _maximum(size: int) -> Operation:
    return Rank.share(1, size)


def _percentile(percent: float, size: int, *, frame: Frame) -> Operation:
    return _ranked(percent / 100, size, frame)


def half_up(total: Floats, white: float, scale: float) -> Floats:
    """Divide whole numbers, halves up; below 0 the fraction is cut off."""
    quotient: Floats = np.trunc((np.rint(total) + round(scale) // 2) / round(scale))
    return quotient


def divided(total: Floats, white: float, scale: float) -> Floats:
    """Divide."""
    return total / scale


def sum_of_halves(*slopes: Array) -> Array:
    """Add the sizes of slopes that are stored in 8 bits around 128, at half their size."""
    total = sum(2 * np.abs(g.astype(np.int32) - 128) for g in slopes)
    return np.minimum(total, 255).astype(np.uint8)


def sum_of_sizes(*slopes: Floats) -> Floats:
    """Add the sizes of slopes."""
    return sum((np.abs(g) for g in slopes), np.zeros_like(slopes[0]))


_CONV = "image.conv({})"
_COMPASS = "image.compass({}, times=8, angle='d45')"
_RANK = "image.rank(size, size, {})"

DIALECT = Dialect(
    name="libvips",
    version="8.14.1",
    source="libvips, libvips/convolution and libvips/create/gaussmat.c",
    dtypes=("uint8", "uint16", "float32", "float64"),
    bell=Bell("sigma", "vips gaussblur in.png out.png {value}"),
    rules={
        "blur": Rule("image.gaussblur(sigma)", _blur, EDGE),
        "sobel": Rule("image.sobel()", _sobel, EDGE),
        "sobel-x": Rule(_CONV.format("sobel_x"), _always(kernels.sobel("x")), EDGE),
        "sobel-y": Rule(_CONV.format("sobel_y"), _always(kernels.sobel("y")), EDGE),
        "laplacian": Rule(_CONV.format("laplacian"), _laplacian, EDGE),
        "kirsch": Rule(_COMPASS.format("kirsch"), _compass(kernels.kirsch), EDGE),
        "robinson": Rule(_COMPASS.format("sobel_x"), _compass(kernels.robinson), EDGE),
        "prewitt-compass": Rule(
            _COMPASS.format("prewitt"), _compass(kernels.prewitt_compass), EDGE
        ),
        "custom": Rule(_CONV.format("kernel"), _custom, EDGE),
        "median": Rule("image.median(size)", _median, EDGE),
        "minimum": Rule(_RANK.format("0"), _minimum, EDGE),
        "maximum": Rule(_RANK.format("size * size - 1"), _maximum, EDGE),
        "percentile": Rule(_RANK.format("int(percent / 100 * size * size)"), _percentile, EDGE),
    },
    notes=(
        "gaussblur stops where the Gaussian is below min_ampl, 0.2, and its taps are whole "
        "numbers: sigma 0.5 blurs nothing at all",
        "8 bits go through taps of 8 bits, each product shifted and rounded before it is added",
        "sobel adds the sizes of the two slopes, in 8 bits at half their precision",
        "rank and median refuse windows larger than the image; in 8 bits those above 3 x 3 are "
        "refused here, because 8.14.1 returns values that are not of that rank",
        "conv answers in floats, cast back to the depth of the image as cast() does: cut off",
        "sharpen is not here, which works on L* of CIELAB; nor is canny, which has no thresholds",
    ),
)
