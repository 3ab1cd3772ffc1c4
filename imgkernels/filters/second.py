"""Second derivatives and band-passes: Laplacians, LoG, DoG, Gabor."""

from __future__ import annotations

import math
from typing import Annotated

from imgkernels import kernels
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import Gain, Neighbours
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import GABOR, MARR_HILDRETH

_KSIZE = Param("OpenCV's Laplacian of this size instead", unit="px", least=1, most=31, odd=True)
_WIDE = Param("width of the wider Gaussian; 1.6 sigma unless given", unit="px", above=0, most=160)


@register(Family.EDGE, range=Range.ABS)
def laplacian(
    neighbours: Neighbours = "axes",
    ksize: Annotated[int | None, _KSIZE] = None,
    gain: Gain = "kernel",
    *,
    frame: Frame,
) -> Operation:
    """The sum of second derivatives; negative on peaks."""
    if ksize is not None and frame.ndim != 2:
        raise InvalidValue(f"laplacian: ksize needs 2 axes; got {frame.ndim}")
    if ksize is None:
        kernel = kernels.laplacian(neighbours, ndim=frame.ndim)
    else:
        kernel = kernels.laplacian_sobel(ksize)
    return Convolve(kernel / kernel.gain if gain == "unit" else kernel)


@register(
    Family.EDGE, aliases=("laplacian-of-gaussian",), range=Range.ABS, sources=(MARR_HILDRETH,)
)
def log(
    sigma: Annotated[float, Param("width of the Gaussian", unit="px", least=0.3, most=100)] = 1.4,
    *,
    frame: Frame,
) -> Operation:
    """Laplacian of a Gaussian: the second derivative of the smoothed image."""
    return Convolve(kernels.log(sigma, ndim=frame.ndim, truncate=frame.truncate))


@register(
    Family.EDGE, aliases=("difference-of-gaussians",), range=Range.ABS, sources=(MARR_HILDRETH,)
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
    return Convolve(kernels.dog(sigma, sigma_wide, ndim=frame.ndim, truncate=frame.truncate))


@register(Family.EDGE, range=Range.ABS, ndims=(2,), sources=(GABOR,))
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
    answer with half of white. psi 0 is the real part, 90 the imaginary one.
    """
    wave = kernels.gabor_balanced(sigma, math.radians(theta), wavelength, gamma, math.radians(psi))
    return Convolve(wave)
