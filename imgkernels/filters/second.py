"""Second derivatives and band-passes: Laplacians, LoG, DoG, Gabor."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from imgkernels import kernels
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import Neighbours
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import Family, register

_MARR = "Marr and Hildreth, Theory of edge detection, 1980"
_KSIZE = Param("OpenCV's Laplacian of this size instead", unit="taps", least=1, most=31, odd=True)
_WIDE = Param("width of the wider Gaussian; 1.6 sigma unless given", unit="px", above=0, most=160)


@register(Family.EDGE, range=Range.ABS, spacing=True)
def laplacian(
    neighbours: Neighbours = "axes",
    ksize: Annotated[int | None, _KSIZE] = None,
    *,
    frame: Frame,
) -> Operation:
    """The sum of second derivatives; negative on peaks."""
    if ksize is None:
        return Convolve(kernels.laplacian(neighbours, ndim=frame.ndim, spacing=frame.spacing))
    if frame.ndim != 2:
        raise InvalidValue(f"laplacian: ksize needs 2 axes; got {frame.ndim}")
    if frame.spacing is not None:
        raise InvalidValue("laplacian: ksize is for pixels of size 1; leave it out, or the spacing")
    return Convolve(kernels.laplacian_sobel(ksize))


@register(
    Family.EDGE, aliases=("laplacian-of-gaussian",), range=Range.ABS, spacing=True, source=_MARR
)
def log(
    sigma: Annotated[float, Param("width of the Gaussian", unit="px", least=0.3, most=100)] = 1.4,
    *,
    frame: Frame,
) -> Operation:
    """Laplacian of a Gaussian: the second derivative of the smoothed image."""
    return Convolve(
        kernels.log(sigma, ndim=frame.ndim, truncate=frame.truncate, spacing=frame.spacing)
    )


@register(
    Family.EDGE, aliases=("difference-of-gaussians",), range=Range.ABS, spacing=True, source=_MARR
)
def dog(
    sigma: Annotated[
        float, Param("width of the narrow Gaussian", unit="px", above=0, most=100)
    ] = 1.0,
    sigma_wide: Annotated[float | None, _WIDE] = None,
    *,
    frame: Frame,
) -> Operation:
    """Difference of two Gaussians, the narrow one minus the wide one."""
    wide = None if sigma_wide is None else frame.pixels(sigma_wide)
    narrow = frame.pixels(sigma)
    return Convolve(kernels.dog(narrow, wide, ndim=frame.ndim, truncate=frame.truncate))


@register(Family.EDGE, range=Range.ABS, ndims=(2,), source="Gabor, Theory of communication, 1946")
def gabor(
    wavelength: Annotated[float, Param("period of the wave", unit="px", least=2, most=200)] = 8.0,
    theta: Annotated[
        float, Param("direction of the wave, from x", unit="degrees", least=-360, most=360)
    ] = 0.0,
    sigma: Annotated[float, Param("width of the bell", unit="px", least=0.5, most=100)] = 4.0,
    gamma: Annotated[float, Param("length over width of the bell", least=0.1, most=10)] = 1.0,
    psi: Annotated[
        float, Param("phase: 90 is odd, 0 is even", unit="degrees", least=-360, most=360)
    ] = 90.0,
) -> Operation:
    """A wave under a bell: answers to stripes of one width and direction.

    The kernel is OpenCV's, without its mean, scaled so that stripes of full contrast which fit it
    answer with half of white.
    """
    wave = kernels.gabor(sigma, math.radians(theta), wavelength, gamma, math.radians(psi))
    bell = np.abs(kernels.gabor(sigma, math.radians(theta), 1000.0, gamma, 0.0).taps)
    taps = wave.taps - bell * (wave.taps.sum() / bell.sum())
    return Convolve(Kernel(taps * (2 / bell.sum())))
