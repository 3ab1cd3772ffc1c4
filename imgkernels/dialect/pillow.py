"""Pillow's ImageFilter: boxes in fixed point, kernels upside down, a frame left as it was."""

from __future__ import annotations

import math

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.named import PillowName
from imgkernels.operations import (
    Cast,
    Chain,
    Convolve,
    Frame,
    Margin,
    Merge,
    Operation,
    Pointwise,
    Rank,
    Rounding,
    Rowwise,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

EDGE = (Border.REPLICATE,)
BYTES = ("uint8",)
RANKED = ("uint8", "int32", "float32")

_ONE = 2**24  # box blurs count in fractions of it
_PASSES = 3


def box_row(radius: float) -> Taps:
    """Return a mean whose last tap on either side counts in part, in fractions of 2**24.

    Source: Pillow, ImagingHorizontalBoxBlur in BoxBlur.c.
    """
    wide = np.float32(radius)
    reach = int(wide)
    tap = int(np.float32(_ONE) / (wide * np.float32(2) + np.float32(1)))
    edge = (_ONE - (2 * reach + 1) * tap) // 2
    return np.array([edge, *[tap] * (2 * reach + 1), edge], np.float64)


def box_radius(sigma: float) -> float:
    """Return the radius of the box that three times over is nearest to a Gaussian of sigma.

    Source: Gwosdek, Grewenig, Bruhn and Weickert, Theoretical foundations of Gaussian convolution
    by extended box filtering, 2011, formulas 7, 11 and 14, in float32 as in Pillow's BoxBlur.c.
    """
    one = np.float32
    square = one(sigma) * one(sigma) / one(_PASSES)
    length = one(math.sqrt(12.0 * float(square) + 1.0))
    reach = one(math.floor((float(length) - 1.0) / 2.0))
    part = (one(2) * reach + one(1)) * (reach * (reach + one(1)) - one(3) * square)
    part /= one(6) * (square - (reach + one(1)) * (reach + one(1)))
    return float(reach + part)


def boxes(radius_y: float, radius_x: float, passes: int = 1) -> Operation:
    """Return box blurs along x, then along y, each rounded to 8 bits."""
    steps: list[Operation] = []
    for axis, radius in ((1, radius_x), (0, radius_y)):
        row = box_row(radius)
        kernel = Kernel.from_factors(*(row if a == axis else [1.0] for a in range(2)))
        once = (Cast("float64"), Convolve(kernel), Pointwise(out_of_fractions), Cast("uint8"))
        steps += once * (passes if radius else 0)
    return Chain(tuple(steps))


def _bell(sigma_y: float, sigma_x: float) -> Operation:
    return boxes(box_radius(sigma_y), box_radius(sigma_x), _PASSES)


def _blur(sigma: float | None, sigma_y: float | None) -> Operation:
    along_x = 2.0 if sigma is None else sigma
    return _bell(sigma_y or along_x, along_x)


def _box(size: int) -> Operation:
    return boxes((size - 1) / 2, (size - 1) / 2)


def _unsharp(sigma: float, amount: float, threshold: float) -> Operation:
    whole = (round(100 * amount), round(255 * threshold))
    return Merge((Chain(()), _bell(sigma, sigma)), sharpened, whole)


def kernel_filter(kernel: Kernel, divisor: float, offset: float, frame: Frame) -> Operation:
    """Return ImageFilter.Kernel: rows from the bottom up, half rounded up, the frame kept."""
    taps = kernel.taps[::-1].astype(np.float32) / np.float32(divisor)
    start = float(np.float32(np.float32(offset) + 0.5))
    total = Rowwise(Kernel(taps.astype(np.float64)), start)
    margin = kernel.shape[0] // 2
    store = Cast(frame.dtype.name, Rounding.TRUNCATE)
    return Margin(Chain((total, store)), ((margin, margin),) * 2)


def _custom(kernel: Kernel, normalize: bool, offset: float, *, frame: Frame) -> Operation:
    if kernel.shape not in ((3, 3), (5, 5)) or kernel.anchor != (kernel.shape[0] // 2,) * 2:
        size = " x ".join(map(str, kernel.shape))
        raise InvalidValue(
            f"custom: pillow's ImageFilter.Kernel takes 3 x 3 and 5 x 5 taps anchored in the "
            f"middle; got {size}, anchor {kernel.anchor}"
        )
    scale = math.fsum(kernel.taps.ravel()) if normalize else 1.0
    if scale == 0:
        raise InvalidValue("custom: pillow divides by the sum of the taps, which is 0")
    return kernel_filter(kernel, scale, offset * frame.white, frame)


def _named(name: PillowName, divisor: int, offset: float = 0.0) -> Rule:
    def make(*, frame: Frame) -> Operation:
        whole = np.rint(kernels.pillow(name).taps * divisor)
        return kernel_filter(Kernel(whole), divisor, offset, frame)

    call = f"ImageFilter.{name.upper().replace('-', '_')}"
    return Rule(call, make, EDGE, dtypes=("uint8", "uint16"))


def _median(size: int) -> Operation:
    return Rank.median(size)


def _minimum(size: int) -> Operation:
    return Rank.share(0, size)


def _maximum(size: int) -> Operation:
    return Rank.share(1, size)


def _percentile(percent: float, size: int) -> Operation:
    return Rank.share(percent / 100, size)


def out_of_fractions(total: Floats, white: float) -> Floats:
    """Return a sum of fractions of 2**24 as the nearest whole number, halves up."""
    mean: Floats = np.floor((np.rint(total) + _ONE // 2) / _ONE)
    return mean


def sharpened(x: Array, blurred: Array, percent: int, threshold: int) -> Array:
    """Add a percentage of what the blur took, cut off towards 0, where it is above a threshold."""
    apart = x.astype(np.int64) - blurred
    moved = (x + np.trunc(apart * percent / 100)).clip(0, 255)
    return np.where(np.abs(apart) > threshold, moved, x).astype(np.uint8)


DIALECT = Dialect(
    name="pillow",
    version="13.0.0",
    source="Pillow, src/libImaging (BoxBlur.c, Filter.c, RankFilter.c, UnsharpMask.c)",
    dtypes=("uint8", "uint16"),
    bell=Bell("radius", "image.filter(ImageFilter.GaussianBlur({value}))"),
    rules={
        "blur": Rule("ImageFilter.GaussianBlur((sigma, sigma_y))", _blur, EDGE, dtypes=BYTES),
        "box-blur": Rule("ImageFilter.BoxBlur((size - 1) / 2)", _box, EDGE, dtypes=BYTES),
        "unsharp": Rule(
            "ImageFilter.UnsharpMask(sigma, round(100 * amount), round(255 * threshold))",
            _unsharp,
            EDGE,
            dtypes=BYTES,
        ),
        "custom": Rule(
            "ImageFilter.Kernel((n, n), kernel, scale=1, or the sum to normalize, offset)",
            _custom,
            EDGE,
        ),
        "smooth": _named("smooth", 13),
        "smooth-more": _named("smooth-more", 100),
        "blur-pillow": _named("blur", 16),
        "detail": _named("detail", 6),
        "sharpen-pillow": _named("sharpen", 16),
        "edge-enhance": _named("edge-enhance", 2),
        "edge-enhance-more": _named("edge-enhance-more", 1),
        "find-edges": _named("find-edges", 1),
        "contour": _named("contour", 1, offset=255),
        "emboss-pillow": _named("emboss", 1, offset=128),
        "median": Rule("ImageFilter.MedianFilter(size)", _median, EDGE, dtypes=RANKED),
        "minimum": Rule("ImageFilter.MinFilter(size)", _minimum, EDGE, dtypes=RANKED),
        "maximum": Rule("ImageFilter.MaxFilter(size)", _maximum, EDGE, dtypes=RANKED),
        "percentile": Rule(
            "ImageFilter.RankFilter(size, int(percent / 100 * size * size))",
            _percentile,
            EDGE,
            dtypes=RANKED,
        ),
    },
    notes=(
        "GaussianBlur is three box blurs, each rounded to 8 bits; what it calls radius is sigma",
        "kernels act with their rows from the bottom up, which shows in emboss-pillow and custom; "
        "a frame of 1 or 2 pixels stays as it came; halves are rounded up, in float32",
        "offsets of named kernels, 128 and 255, are levels of 8 bits in 16-bit images too",
        "unsharp changes differences above its threshold; ours also those at it",
        "alpha is filtered as any channel is",
    ),
)
