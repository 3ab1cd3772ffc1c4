"""First derivatives: along x, along y, and the length of both together."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.filters import claims
from imgkernels.filters.knobs import FaridSize, Gain, SobelSize
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Direction, Frame, Magnitude, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import (
    CANNY,
    FARID,
    FREI_CHEN,
    GMIC,
    PREWITT,
    SCHARR,
    SOBEL,
)

GainWord = Literal["kernel", "unit"]

_GRADIENT = "y = sqrt of the sum of squares of the derivatives along all axes; each is "
_SOBEL = "(1, 1) * ... * (-1, 1) along its axis, (1, 1) * ... across, to n = ksize taps"
_SOBEL_OTHERS = (
    "the gain is 8: as in OpenCV, scipy.ndimage and ImageMagick; 2 in scikit-image, 1 in kornia",
    "ImageMagick prints the mask turned by half, for true convolution; setosa prints it so too, "
    "but correlates: the other sign",
    "ITK's Sobel for volumes differed from its own for pictures until 2026",
)
_PREWITT_OTHERS = ("the gain is 6: as in OpenCV and scipy.ndimage; 2 in scikit-image",)
_SCHARR_OTHERS = ("the gain is 32: as in OpenCV by default; 2 in scikit-image",)
_FARID = "a table of the paper along its axis, another across: both odd and even rows for ksize"
_ROTINV = (-1, 0, 1), (1, math.sqrt(2), 1)
_FARID_OTHERS = (
    "scikit-image prints the derivative for true convolution: the other sign",
    "Wikipedia prints other five taps: 0.0303, 0.2497, 0.4399 across, 0.1046, 0.2923 along",
)


def scaled(kernel: Kernel, gain: GainWord, step: float = 1.0) -> Kernel:
    """Return the kernel, or for "unit" the true derivative, per length of which a pixel is step."""
    return (kernel / kernel.gain if gain == "unit" else kernel) / step


def _along(maker: Callable[..., Kernel], axis: str, gain: GainWord, frame: Frame) -> Operation:
    step = frame.steps["zyx"[-frame.ndim :].index(axis)]
    return Convolve(scaled(maker(axis, ndim=frame.ndim), gain, step))


def _steepness(maker: Callable[..., Kernel], gain: GainWord, frame: Frame) -> Operation:
    slopes = (scaled(maker(a, ndim=frame.ndim), gain, s) for a, s in enumerate(frame.steps))
    return Magnitude(tuple(slopes))


def _sobel(ksize: int) -> Callable[..., Kernel]:
    return lambda axis, ndim: kernels.sobel(axis, ksize, ndim=ndim)


@register(
    Family.EDGE,
    spacing=True,
    sources=(SOBEL,),
    formula=_GRADIENT + _SOBEL,
    others=_SOBEL_OTHERS,
    laws=lambda ksize, gain, frame: claims.of_gradient(
        *claims.of_sobel(ksize, "x", gain, frame.ndim), ndim=frame.ndim
    ),
)
def sobel(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's gradient magnitude."""
    return _steepness(_sobel(ksize), gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    sources=(SOBEL,),
    formula=_SOBEL,
    others=_SOBEL_OTHERS,
    laws=lambda ksize, gain, frame: claims.of_sobel(ksize, "x", gain, frame.ndim),
)
def sobel_x(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's derivative along x."""
    return _along(_sobel(ksize), "x", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    ndims=(2, 3),
    sources=(SOBEL,),
    formula=_SOBEL,
    others=_SOBEL_OTHERS,
    laws=lambda ksize, gain, frame: claims.of_sobel(ksize, "y", gain, frame.ndim),
)
def sobel_y(ksize: SobelSize = 3, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Sobel's derivative along y."""
    return _along(_sobel(ksize), "y", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    ndims=(2,),
    sources=(SOBEL,),
    formula="y = atan2(derivative along y, derivative along x) / (2 pi)",
    laws=lambda ksize: (
        *claims.of_gradient(*claims.of_sobel(ksize, "x", "kernel", 2), ndim=2),
        law.ignores("twice the contrast", lambda x: 2 * x),
        law.within(),
    ),
)
def sobel_direction(ksize: SobelSize = 3, *, frame: Frame) -> Operation:
    """The direction in which the image gets brighter, a full turn from black to white."""
    y, x = frame.steps
    return Direction(kernels.sobel("y", ksize) / y, kernels.sobel("x", ksize) / x)


@register(
    Family.EDGE,
    spacing=True,
    sources=(PREWITT,),
    formula=_GRADIENT + "(-1, 0, 1) along its axis, (1, 1, 1) across",
    others=_PREWITT_OTHERS,
    laws=lambda gain, frame: claims.of_gradient(
        *claims.of_rows((-1, 0, 1), (1, 1, 1), "x", gain, frame.ndim), ndim=frame.ndim
    ),
)
def prewitt(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's gradient magnitude."""
    return _steepness(kernels.prewitt, gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    sources=(PREWITT,),
    formula="(-1, 0, 1) along its axis, (1, 1, 1) across",
    others=_PREWITT_OTHERS,
    laws=lambda gain, frame: claims.of_rows((-1, 0, 1), (1, 1, 1), "x", gain, frame.ndim),
)
def prewitt_x(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's derivative along x."""
    return _along(kernels.prewitt, "x", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    ndims=(2, 3),
    sources=(PREWITT,),
    formula="(-1, 0, 1) along its axis, (1, 1, 1) across",
    others=_PREWITT_OTHERS,
    laws=lambda gain, frame: claims.of_rows((-1, 0, 1), (1, 1, 1), "y", gain, frame.ndim),
)
def prewitt_y(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Prewitt's derivative along y."""
    return _along(kernels.prewitt, "y", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    sources=(SCHARR,),
    formula=_GRADIENT + "(-1, 0, 1) along its axis, (3, 10, 3) across",
    others=_SCHARR_OTHERS,
    laws=lambda gain, frame: claims.of_gradient(
        *claims.of_rows((-1, 0, 1), (3, 10, 3), "x", gain, frame.ndim), ndim=frame.ndim
    ),
)
def scharr(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's gradient magnitude, nearly the same in every direction."""
    return _steepness(kernels.scharr, gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    sources=(SCHARR,),
    formula="(-1, 0, 1) along its axis, (3, 10, 3) across",
    others=_SCHARR_OTHERS,
    laws=lambda gain, frame: claims.of_rows((-1, 0, 1), (3, 10, 3), "x", gain, frame.ndim),
)
def scharr_x(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's derivative along x."""
    return _along(kernels.scharr, "x", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    ndims=(2, 3),
    sources=(SCHARR,),
    formula="(-1, 0, 1) along its axis, (3, 10, 3) across",
    others=_SCHARR_OTHERS,
    laws=lambda gain, frame: claims.of_rows((-1, 0, 1), (3, 10, 3), "y", gain, frame.ndim),
)
def scharr_y(gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Scharr's derivative along y."""
    return _along(kernels.scharr, "y", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    sources=(FARID,),
    formula=_GRADIENT + _FARID,
    others=_FARID_OTHERS,
    laws=lambda ksize, gain, frame: claims.of_gradient(
        *claims.of_farid(ksize, "x", gain, frame.ndim), ndim=frame.ndim
    ),
)
def farid(ksize: FaridSize = 5, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's gradient magnitude, nearly the same in every direction."""
    return _steepness(partial(kernels.farid, ksize=ksize), gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    sources=(FARID,),
    formula=_FARID,
    others=_FARID_OTHERS,
    laws=lambda ksize, gain, frame: claims.of_farid(ksize, "x", gain, frame.ndim),
)
def farid_x(ksize: FaridSize = 5, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's derivative along x."""
    return _along(partial(kernels.farid, ksize=ksize), "x", gain, frame)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    ndims=(2, 3),
    sources=(FARID,),
    formula=_FARID,
    others=_FARID_OTHERS,
    laws=lambda ksize, gain, frame: claims.of_farid(ksize, "y", gain, frame.ndim),
)
def farid_y(ksize: FaridSize = 5, gain: Gain = "kernel", *, frame: Frame) -> Operation:
    """Farid and Simoncelli's derivative along y."""
    return _along(partial(kernels.farid, ksize=ksize), "y", gain, frame)


@register(
    Family.EDGE,
    ndims=(2,),
    sources=(GMIC, FREI_CHEN),
    formula=_GRADIENT + "(-1, 0, 1) along its axis, (1, sqrt 2, 1) / (4 + 2 sqrt 2) across",
    others=("Frei and Chen's first two masks are the same, of norm 1 instead of gain 1",),
    laws=lambda: claims.of_gradient(*claims.of_rows(*_ROTINV, "x", "unit", 2), ndim=2),
)
def rotation_invariant() -> Operation:
    """Gradient magnitude with 1, sqrt 2, 1 across: neighbours count by how near they are."""
    return Magnitude((kernels.rotation_invariant("y"), kernels.rotation_invariant("x")))


@register(
    Family.EDGE,
    spacing=True,
    aliases=("gaussian-gradient-magnitude",),
    sources=(CANNY,),
    formula=_GRADIENT + "x / sigma**2 * exp(-r**2 / (2 sigma**2)), the bell scaled to a sum of 1",
    others=("scipy.ndimage.gaussian_gradient_magnitude cuts at 4 sigma in 8 bits too",),
    laws=lambda sigma, frame: claims.of_gradient(
        law.bell_derivative("x", sigma),
        law.odd("x"),
        law.sums_to(0),
        *([law.gain(1, 1, within=0.05)] if sigma >= 1 else []),
        ndim=frame.ndim,
    ),
)
def gaussian_gradient(
    sigma: Annotated[float, Param("width of the Gaussian", unit="px", least=0.3, most=100)] = 1.5,
    *,
    frame: Frame,
) -> Operation:
    """Gradient magnitude of the smoothed image, per pixel."""
    units = [tuple(int(a == axis) for a in range(frame.ndim)) for axis in range(frame.ndim)]
    width, cut = frame.pixels(sigma), frame.truncate
    bells = (kernels.gaussian_derivative(width, n, truncate=cut) for n in units)
    return Magnitude(tuple(bell / step for bell, step in zip(bells, frame.steps, strict=True)))
