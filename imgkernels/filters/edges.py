"""First derivatives: along x, along y, and the length of both together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from imgkernels import kernels, law
from imgkernels.filters.knobs import FaridSize, Gain, SobelSize
from imgkernels.kernel import Kernel
from imgkernels.operations import Canny, Convolve, Direction, Frame, Magnitude, Operation, Range
from imgkernels.operations.canny import HIGH, LOW
from imgkernels.operations.thresholds import Auto
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import (
    CANNY,
    FANG,
    FARID,
    GMIC,
    OTSU,
    PREWITT,
    ROBERTS,
    ROSEBROCK,
    SCHARR,
    SOBEL,
)

GainWord = Literal["kernel", "unit"]

_SLOPE = "slope where a line {}, as a share of white per pixel; {:g} unless given or chosen"
_LOW, _HIGH = _SLOPE.format("may go on", LOW), _SLOPE.format("starts", HIGH)
_AUTO = "the image chooses what is not given: by its slopes, or by its levels"


def _scaled(kernel: Kernel, gain: GainWord) -> Kernel:
    return kernel / kernel.gain if gain == "unit" else kernel


def _along(maker: Callable[..., Kernel], axis: str, gain: GainWord, frame: Frame) -> Operation:
    return Convolve(_scaled(maker(axis, ndim=frame.ndim), gain))


def _steepness(maker: Callable[..., Kernel], gain: GainWord, frame: Frame) -> Operation:
    axes = range(frame.ndim)
    return Magnitude(tuple(_scaled(maker(axis, ndim=frame.ndim), gain) for axis in axes))


def _sobel(ksize: int) -> Callable[..., Kernel]:
    return lambda axis, ndim: kernels.sobel(axis, ksize, ndim=ndim)


@register(Family.EDGE, sources=(SOBEL,))
def sobel(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's gradient magnitude."""
    return _steepness(_sobel(ksize), gain, frame)


@register(Family.EDGE, range=Range.ABS, sources=(SOBEL,))
def sobel_x(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's derivative along x."""
    return _along(_sobel(ksize), "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), sources=(SOBEL,))
def sobel_y(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's derivative along y."""
    return _along(_sobel(ksize), "y", gain, frame)


@register(Family.EDGE, ndims=(2,), sources=(SOBEL,))
def sobel_direction(ksize: SobelSize = 3) -> Operation:
    """The direction in which the image gets brighter, a full turn from black to white."""
    return Direction(kernels.sobel("y", ksize), kernels.sobel("x", ksize))


@register(Family.EDGE, sources=(PREWITT,))
def prewitt(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's gradient magnitude."""
    return _steepness(kernels.prewitt, gain, frame)


@register(
    Family.EDGE,
    range=Range.ABS,
    sources=(PREWITT,),
    formula="(1, 1, 1) across times (-1, 0, 1) along x; gain unit: divided by its gain",
    others=("scikit-image divides by 3 and so has a gain of 2",),
    laws=lambda gain, frame: (
        law.differentiates("x", gain=1 if gain == "unit" else 2 * 3 ** (frame.ndim - 1)),
    ),
)
def prewitt_x(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's derivative along x."""
    return _along(kernels.prewitt, "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), sources=(PREWITT,))
def prewitt_y(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's derivative along y."""
    return _along(kernels.prewitt, "y", gain, frame)


@register(Family.EDGE, sources=(SCHARR,))
def scharr(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's gradient magnitude, nearly the same in every direction."""
    return _steepness(kernels.scharr, gain, frame)


@register(Family.EDGE, range=Range.ABS, sources=(SCHARR,))
def scharr_x(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's derivative along x."""
    return _along(kernels.scharr, "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), sources=(SCHARR,))
def scharr_y(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's derivative along y."""
    return _along(kernels.scharr, "y", gain, frame)


@register(Family.EDGE, sources=(FARID,))
def farid(ksize: FaridSize = 5, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's gradient magnitude, nearly the same in every direction."""
    return _steepness(partial(kernels.farid, ksize=ksize), gain, frame)


@register(Family.EDGE, range=Range.ABS, sources=(FARID,))
def farid_x(ksize: FaridSize = 5, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's derivative along x."""
    return _along(partial(kernels.farid, ksize=ksize), "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), sources=(FARID,))
def farid_y(ksize: FaridSize = 5, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's derivative along y."""
    return _along(partial(kernels.farid, ksize=ksize), "y", gain, frame)


@register(Family.EDGE, ndims=(2,), sources=(GMIC,))
def rotation_invariant() -> Operation:
    """Gradient magnitude with 1, sqrt 2, 1 across: neighbours count by how near they are."""
    return Magnitude((kernels.rotation_invariant("y"), kernels.rotation_invariant("x")))


@register(Family.EDGE, aliases=("gaussian-gradient-magnitude",), sources=(CANNY,))
def gaussian_gradient(
    sigma: Annotated[float, Param("width of the Gaussian", unit="px", least=0.3, most=100)] = 1.5,
    *,
    frame: Frame,
) -> Operation:
    """Gradient magnitude of the smoothed image, per pixel."""
    units = [tuple(int(a == axis) for a in range(frame.ndim)) for axis in range(frame.ndim)]
    return Magnitude(
        tuple(kernels.gaussian_derivative(sigma, n, truncate=frame.truncate) for n in units)
    )


@register(Family.EDGE, ndims=(2,), sources=(ROBERTS,))
def roberts(gain: Gain = "kernel") -> Operation:
    """Roberts' cross: the magnitude of its two diagonal differences."""
    return Magnitude(tuple(_scaled(kernels.roberts(d), gain) for d in (0, 1)))


@register(Family.EDGE, range=Range.ABS, ndims=(2,), sources=(ROBERTS,))
def roberts_x(gain: Gain = "kernel") -> Operation:
    """Roberts' first diagonal: up and left minus the pixel."""
    return Convolve(_scaled(kernels.roberts(0), gain))


@register(Family.EDGE, range=Range.ABS, ndims=(2,), sources=(ROBERTS,))
def roberts_y(gain: Gain = "kernel") -> Operation:
    """Roberts' second diagonal: up minus left."""
    return Convolve(_scaled(kernels.roberts(1), gain))


@register(Family.EDGE, ndims=(2,), sources=(CANNY, OTSU, FANG, ROSEBROCK))
def canny(
    sigma: Annotated[float, Param("smoothing before", unit="px", least=0, most=100)] = 1.4,
    low: Annotated[float | None, Param(_LOW, least=0, most=1)] = None,
    high: Annotated[float | None, Param(_HIGH, least=0, most=1)] = None,
    auto: Annotated[Auto | None, Param(_AUTO)] = None,
) -> Operation:
    """Canny's edges: white lines one pixel wide on black.

    Thresholds are slopes of the smoothed image, as shares of white per pixel, and mean the same for
    all dtypes. `auto` chooses those that are not given. otsu: high parts the slopes into two
    classes by Otsu's rule (1979), low is half of it (Fang, Yue and Yu, 2009). median: 0.67 and
    1.33 times the median level over 8, as many scripts take from the levels for OpenCV's Sobel of
    gain 8 (Rosebrock, 2015); a brighter image then has fewer edges.
    """
    return Canny(sigma, low, high, auto)
