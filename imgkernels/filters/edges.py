"""First derivatives: along x, along y, and the length of both together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from imgkernels import kernels
from imgkernels.filters.knobs import Gain, SobelSize
from imgkernels.kernel import Kernel
from imgkernels.operations import Canny, Convolve, Direction, Frame, Magnitude, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import Family, register

GainWord = Literal["kernel", "unit"]

_SOBEL = "Sobel and Feldman, A 3x3 isotropic gradient operator for image processing, 1968"
_PREWITT = "Prewitt, Object enhancement and extraction, 1970"
_SCHARR = "Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, 2000"
_ROBERTS = "Roberts, Machine perception of three-dimensional solids, 1963"
_FARID = "Farid and Simoncelli, Differentiation of discrete multidimensional signals, 2004"
_GMIC = "Tschumperle and Fourey, G'MIC, standard library, gradient scheme rotinv, 2026"
_CANNY = "Canny, A computational approach to edge detection, 1986"
_SLOPE = "slope where a line {}, as a share of white per pixel"


def _scaled(kernel: Kernel, gain: GainWord, step: float = 1.0) -> Kernel:
    """Scale a derivative as asked, per unit of length where pixels lie a step apart."""
    return (kernel / kernel.gain if gain == "unit" else kernel) / step


def _along(maker: Callable[..., Kernel], axis: str, gain: GainWord, frame: Frame) -> Operation:
    step = frame.steps["zyx"[-frame.ndim :].index(axis)]
    return Convolve(_scaled(maker(axis, ndim=frame.ndim), gain, step))


def _steepness(maker: Callable[..., Kernel], gain: GainWord, frame: Frame) -> Operation:
    return Magnitude(
        tuple(
            _scaled(maker(axis, ndim=frame.ndim), gain, step)
            for axis, step in enumerate(frame.steps)
        )
    )


def _sobel(ksize: int) -> Callable[..., Kernel]:
    return lambda axis, ndim: kernels.sobel(axis, ksize, ndim=ndim)


@register(Family.EDGE, spacing=True, source=_SOBEL)
def sobel(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's gradient magnitude."""
    return _steepness(_sobel(ksize), gain, frame)


@register(Family.EDGE, range=Range.ABS, spacing=True, source=_SOBEL)
def sobel_x(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's derivative along x."""
    return _along(_sobel(ksize), "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), spacing=True, source=_SOBEL)
def sobel_y(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's derivative along y."""
    return _along(_sobel(ksize), "y", gain, frame)


@register(Family.EDGE, ndims=(2,), spacing=True, source=_SOBEL)
def sobel_direction(ksize: SobelSize = 3, *, frame: Frame) -> Operation:
    """The direction in which the image gets brighter, a full turn from black to white."""
    y, x = frame.steps
    return Direction(kernels.sobel("y", ksize) / y, kernels.sobel("x", ksize) / x)


@register(Family.EDGE, spacing=True, source=_PREWITT)
def prewitt(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's gradient magnitude."""
    return _steepness(kernels.prewitt, gain, frame)


@register(Family.EDGE, range=Range.ABS, spacing=True, source=_PREWITT)
def prewitt_x(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's derivative along x."""
    return _along(kernels.prewitt, "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), spacing=True, source=_PREWITT)
def prewitt_y(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's derivative along y."""
    return _along(kernels.prewitt, "y", gain, frame)


@register(Family.EDGE, spacing=True, source=_SCHARR)
def scharr(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's gradient magnitude, nearly the same in every direction."""
    return _steepness(kernels.scharr, gain, frame)


@register(Family.EDGE, range=Range.ABS, spacing=True, source=_SCHARR)
def scharr_x(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's derivative along x."""
    return _along(kernels.scharr, "x", gain, frame)


@register(Family.EDGE, range=Range.ABS, ndims=(2, 3), spacing=True, source=_SCHARR)
def scharr_y(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's derivative along y."""
    return _along(kernels.scharr, "y", gain, frame)


@register(Family.EDGE, spacing=True, source=_FARID)
def farid(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's gradient magnitude, five taps wide."""
    return _steepness(kernels.farid, gain, frame)


@register(Family.EDGE, ndims=(2,), source=_GMIC)
def rotation_invariant() -> Operation:
    """Gradient magnitude with 1, sqrt 2, 1 across: neighbours count by how near they are."""
    return Magnitude((kernels.rotation_invariant("y"), kernels.rotation_invariant("x")))


@register(Family.EDGE, aliases=("gaussian-gradient-magnitude",), spacing=True, source=_CANNY)
def gaussian_gradient(
    sigma: Annotated[float, Param("width of the Gaussian", unit="px", least=0.3, most=100)] = 1.5,
    *,
    frame: Frame,
) -> Operation:
    """Gradient magnitude of the smoothed image, per pixel."""
    units = [tuple(int(a == axis) for a in range(frame.ndim)) for axis in range(frame.ndim)]
    width = frame.pixels(sigma)
    return Magnitude(
        tuple(
            kernels.gaussian_derivative(width, n, truncate=frame.truncate) / step
            for n, step in zip(units, frame.steps, strict=True)
        )
    )


@register(Family.EDGE, ndims=(2,), source=_ROBERTS)
def roberts(gain: Gain = "kernel") -> Operation:
    """Roberts' cross: the magnitude of its two diagonal differences."""
    return Magnitude(tuple(_scaled(kernels.roberts(d), gain) for d in (0, 1)))


@register(Family.EDGE, range=Range.ABS, ndims=(2,), source=_ROBERTS)
def roberts_x(gain: Gain = "kernel") -> Operation:
    """Roberts' first diagonal: up and left minus the pixel."""
    return Convolve(_scaled(kernels.roberts(0), gain))


@register(Family.EDGE, range=Range.ABS, ndims=(2,), source=_ROBERTS)
def roberts_y(gain: Gain = "kernel") -> Operation:
    """Roberts' second diagonal: up minus left."""
    return Convolve(_scaled(kernels.roberts(1), gain))


@register(Family.EDGE, ndims=(2,), spacing=True, source=_CANNY)
def canny(
    sigma: Annotated[float, Param("smoothing before", unit="px", least=0, most=100)] = 1.4,
    low: Annotated[float, Param(_SLOPE.format("may go on"), least=0, most=1)] = 0.015,
    high: Annotated[float, Param(_SLOPE.format("starts"), least=0, most=1)] = 0.04,
    *,
    frame: Frame,
) -> Operation:
    """Canny's edges: white lines one pixel wide on black."""
    y, x = frame.steps
    return Canny(frame.pixels(sigma), low, high, (y, x))
