"""ImageMagick of 16-bit quanta (Q16): sampled kernels cut where a quantum ends, half rounded up."""

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
from imgkernels.kernels.laplacians import Table
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
    Strongest,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

# -virtual-pixel edge, mirror, tile, black
BORDERS = (Border.REPLICATE, Border.SYMMETRIC, Border.WRAP, Border.CONSTANT)
QUANTUM = 65535
_SMALLEST = 1 / QUANTUM

_STORE = Cast("uint16", Rounding.HALF_UP)


def quanta(*steps: Operation, frame: Frame) -> Operation:
    """Return steps on 16-bit numbers, each answer stored; 8 bits are 257 of them a level."""
    stored = [part for step in steps for part in (Cast("float64"), step, _STORE)]
    if frame.dtype == np.uint8:
        widen, narrow = Pointwise(to_quanta), Pointwise(to_bytes)
        stored = [Cast("uint16"), widen, _STORE, *stored, narrow, Cast("uint8", Rounding.FLOOR)]
    return Chain(tuple(stored))


def width_of(sigma: float, axes: int = 1) -> int:
    """Return the width of a Gaussian: the last odd one whose outer tap still counts a quantum.

    `axes` 2 is that of a kernel laid out in the plane. Source: ImageMagick, gem.c,
    GetOptimalKernelWidth1D and 2D.
    """
    for half in range(2, 100_000):
        row = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * sigma**2))
        if row[0] / row.sum() ** axes < _SMALLEST:
            return 2 * half - 1
    raise InvalidValue(f"imagemagick: no width for a sigma of {sigma:g}")


def bell_row(sigma: float) -> Taps:
    """Return one row of -blur: a Gaussian sampled three times a pixel, added up in threes.

    Source: ImageMagick, morphology.c, AcquireKernelBuiltIn, BlurKernel.
    """
    width = width_of(sigma)
    fine = np.arange(-(3 * width // 2), 3 * width // 2 + 1)
    row: Taps = np.exp(-(fine**2) / (2 * (3 * sigma) ** 2)).reshape(width, 3).sum(axis=1)
    return row / float(row.sum())


def _bell(sigma: float) -> tuple[Operation, Operation]:
    row = bell_row(sigma)
    return (
        Convolve(Kernel.from_factors([1.0], row)),
        Convolve(Kernel.from_factors(row, [1.0])),
    )


def _blur(sigma: float | None, *, frame: Frame) -> Operation:
    if sigma == 0:
        return Chain(())
    return quanta(*_bell(2.0 if sigma is None else sigma), frame=frame)


def _unsharp(sigma: float, amount: float, threshold: float, *, frame: Frame) -> Operation:
    along_x, along_y = _bell(sigma)
    bell = Chain((Cast("float64"), along_x, _STORE, Cast("float64"), along_y, _STORE))
    return quanta(Merge((Chain(()), bell), sharpened, (amount, threshold)), frame=frame)


def _sharpen(sigma: float, *, frame: Frame) -> Operation:
    half = width_of(sigma, axes=2) // 2
    row = np.exp(-(np.arange(-half, half + 1) ** 2) / (2 * sigma**2))
    taps = -np.multiply.outer(row, row) / (2 * math.pi * sigma**2)
    taps[half, half] = -2 * taps.sum()
    return quanta(Convolve(Kernel(taps / taps.sum())), frame=frame)


def _box(size: int, *, frame: Frame) -> Operation:
    return quanta(
        Chain(
            (
                Convolve(Kernel.from_factors(*[np.ones(size)] * 2)),
                Pointwise(divided, (size * size,)),
            )
        ),
        frame=frame,
    )


def _comet(sigma: float, angle: float, *, frame: Frame) -> Operation:
    """Return half a Gaussian whose taps lie on the nearest pixels of a line.

    Source: ImageMagick, effect.c, MotionBlurImage and GetMotionBlurKernel.
    """
    count = width_of(sigma)
    weights = np.exp(-(np.arange(count) ** 2) / (2 * sigma**2))
    turn = math.radians(180 - angle)
    places = [
        (math.ceil(i * math.sin(turn) - 0.5), math.ceil(i * math.cos(turn) - 0.5))
        for i in range(count)
    ]
    reach = max(abs(step) for place in places for step in place)
    taps = np.zeros((2 * reach + 1,) * 2)
    for (y, x), weight in zip(places, weights / weights.sum(), strict=True):
        taps[reach + y, reach + x] += weight
    return quanta(Convolve(Kernel(taps)), frame=frame)


def _always(kernel: Kernel) -> Callable[..., Operation]:
    def make(*, frame: Frame) -> Operation:
        return quanta(Convolve(kernel), frame=frame)

    return make


def _laplacian(neighbours: Literal["axes", "all"], *, frame: Frame) -> Operation:
    return quanta(Convolve(-kernels.laplacian(neighbours)), frame=frame)


def _laplacian_box(ksize: int, *, frame: Frame) -> Operation:
    return quanta(Convolve(-kernels.laplacian_box(ksize)), frame=frame)


def _laplacian_table(table: Table, *, frame: Frame) -> Operation:
    return quanta(Convolve(-kernels.laplacian_table(table)), frame=frame)


def _strongest(mask: Callable[..., Kernel]) -> Callable[..., Operation]:
    def make(*, frame: Frame) -> Operation:
        return quanta(Strongest(tuple(Convolve(mask(d)) for d in DIRECTIONS)), frame=frame)

    return make


def _custom(kernel: Kernel, normalize: bool, *, frame: Frame) -> Operation:
    # The origin stays where it is in the table: it is the taps that are read from the other end.
    anchor = tuple(n - 1 - (n - 1) // 2 for n in kernel.shape)
    if kernel.anchor != tuple(n // 2 for n in kernel.shape):
        anchor = tuple(n - 1 - a for n, a in zip(kernel.shape, kernel.anchor, strict=True))
    turned = Kernel(kernel.taps[::-1, ::-1], anchor)
    return quanta(Convolve(turned.normalized() if normalize else turned), frame=frame)


def _median(size: int) -> Operation:
    return Rank.median(size)


def _minimum(size: int) -> Operation:
    return Rank.share(0, size)


def _maximum(size: int) -> Operation:
    return Rank.share(1, size)


def to_quanta(x: Floats, white: float) -> Floats:
    """Return 8 bits as 16."""
    return x * x.dtype.type(257)


def divided(total: Floats, white: float, count: int) -> Floats:
    """Return a mean without its fraction: -statistic cuts it off."""
    mean: Floats = np.floor(np.rint(total) / count)
    return mean


def to_bytes(x: Floats, white: float) -> Floats:
    """Return 16 bits as 8, with a fraction."""
    return x / x.dtype.type(257)


def sharpened(x: Array, blurred: Array, amount: float, threshold: float) -> Floats:
    """Add what the blur took, where twice that is at least a share of white."""
    apart = x - blurred.astype(np.float64)
    moved: Floats = np.where(np.abs(2 * apart) < QUANTUM * threshold, x, x + apart * amount)
    return moved


_CONVOLVE = "-morphology Convolve {}"
_LIGHTEN = "-define morphology:compose=Lighten -morphology Convolve {}:@"

DIALECT = Dialect(
    name="imagemagick",
    version="6.9.11",
    source="ImageMagick 6, magick (effect.c, gem.c, morphology.c, statistic.c), Q16 without HDRI",
    dtypes=("uint8", "uint16"),
    alpha=False,
    bell=Bell("sigma", "convert in.png -blur 0x{value} out.png"),
    rules={
        "blur": Rule("-blur 0x{sigma}", _blur, BORDERS),
        "box-blur": Rule("-statistic Mean {size}x{size}", _box, BORDERS),
        "comet-blur": Rule("-motion-blur 0x{sigma}+{180 - angle}", _comet, BORDERS),
        "sharpen-imagemagick": Rule("-sharpen 0x{sigma}", _sharpen, BORDERS),
        "unsharp": Rule("-unsharp 0x{sigma}+{amount}+{threshold}", _unsharp, BORDERS),
        "laplacian": Rule(_CONVOLVE.format("Laplacian:1, or Laplacian:0"), _laplacian, BORDERS),
        "laplacian-box": Rule("-edge {(ksize - 1) / 2}", _laplacian_box, BORDERS),
        "laplacian-table": Rule(_CONVOLVE.format("Laplacian:n"), _laplacian_table, BORDERS),
        "mixed-fourth": Rule(
            _CONVOLVE.format("Laplacian:3"), _always(kernels.mixed_fourth()), BORDERS
        ),
        "sobel-x": Rule(_CONVOLVE.format("Sobel"), _always(kernels.sobel("x")), BORDERS),
        "sobel-y": Rule(_CONVOLVE.format("Sobel:90"), _always(kernels.sobel("y")), BORDERS),
        "prewitt-x": Rule(_CONVOLVE.format("Prewitt"), _always(kernels.prewitt("x")), BORDERS),
        "prewitt-y": Rule(_CONVOLVE.format("Prewitt:90"), _always(kernels.prewitt("y")), BORDERS),
        "kirsch": Rule(_LIGHTEN.format("Kirsch"), _strongest(kernels.kirsch), BORDERS),
        "robinson": Rule(_LIGHTEN.format("Sobel"), _strongest(kernels.robinson), BORDERS),
        "prewitt-compass": Rule(
            _LIGHTEN.format("Compass"), _strongest(kernels.prewitt_compass), BORDERS
        ),
        "custom": Rule(_CONVOLVE.format("'3x3: ...'"), _custom, BORDERS),
        "median": Rule("-statistic Median {size}x{size}", _median, BORDERS),
        "minimum": Rule("-statistic Minimum {size}x{size}", _minimum, BORDERS),
        "maximum": Rule("-statistic Maximum {size}x{size}", _maximum, BORDERS),
    },
    notes=(
        "it convolves: custom kernels act turned by 180 degrees, an even size about (n - 1) // 2",
        "Laplacians have the other sign than ours, a peak being bright, and negative values are 0",
        "unsharp changes differences of which twice is at least the threshold",
        "alpha is left alone here, where ImageMagick blurs it and weighs colours by it",
        "everything is stored in 16 bits after each pass, 8 bits too",
        "-emboss and -charcoal are not here: they level the histogram of the whole picture; nor is "
        "its Roberts, a one-sided difference, nor its Frei-Chen, whose masks are not orthonormal",
    ),
)
