"""Second derivatives and band-passes: Laplacians, LoG, DoG, Gabor."""

from __future__ import annotations

import math
from typing import Annotated

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.errors import InvalidValue
from imgkernels.filters import claims
from imgkernels.filters.edges import scaled
from imgkernels.filters.knobs import Gain, Neighbours
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import GABOR, MARR_HILDRETH, OPENCV

_KSIZE = Param("OpenCV's Laplacian of this size instead", unit="taps", least=1, most=31, odd=True)
_WIDE = Param("width of the wider Gaussian; 1.6 sigma unless given", unit="px", above=0, most=160)


_OPENCV_GAINS = "OpenCV's ksize 1, 3, 5, 7 have the gains 1, 4, 64, 1024, and 3 is diagonal alone"


def _laplacian_gain(neighbours: str, ksize: int | None, ndim: int) -> float:
    if ksize is not None:
        return 4.0 ** max(ksize - 2, 0)
    return 1.0 if neighbours == "axes" else 3.0 ** (ndim - 1)


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    unsourced="The second difference is older than computing.",
    formula="y = sum over the neighbours of (their value - x); of ksize: d2/dx2 + d2/dy2 of Sobel",
    others=(
        _OPENCV_GAINS,
        "scikit-image and ImageMagick turn the sign: a positive middle",
        "Pillow calls the one of all neighbours FIND_EDGES, kornia and setosa print it too, gain 3",
        "ImageMagick's Laplacian:3 is no Laplacian: all its second moments are 0",
        "MATLAB's mixes axes and diagonals by alpha, 0.2 by default, with gain 1",
    ),
    laws=lambda neighbours, ksize, gain, frame: (
        law.laplacian(1 if gain == "unit" else _laplacian_gain(neighbours, ksize, frame.ndim)),
        law.isotropic(),
    ),
)
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
        factor = kernels.laplacian(neighbours, ndim=frame.ndim).gain if gain == "unit" else 1.0
        kernel = kernels.laplacian(neighbours, ndim=frame.ndim, spacing=frame.spacing)
        return Convolve(kernel / factor)
    if frame.spacing is not None:
        raise InvalidValue("laplacian: ksize is for pixels of size 1; leave it out, or the spacing")
    return Convolve(scaled(kernels.laplacian_sobel(ksize), gain))


@register(
    Family.EDGE,
    spacing=True,
    aliases=("laplacian-of-gaussian",),
    range=Range.ABS,
    sources=(MARR_HILDRETH,),
    formula="(r**2 / sigma**2 - axes) exp(-r**2 / (2 sigma**2)), moved to sum 0, scaled to gain 1",
    others=(
        "scipy.ndimage.gaussian_laplace is not scaled: its gain is below 1, the more the smaller "
        "sigma",
        "ImageMagick scales positive and negative taps apart, each to a sum of 1",
        "libvips cuts it where it comes back to -min_ampl",
    ),
    laws=lambda sigma: (
        law.laplacian(),
        law.isotropic(),
        law.hat(sigma),
    ),
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
    Family.EDGE,
    spacing=True,
    aliases=("difference-of-gaussians",),
    range=Range.ABS,
    sources=(MARR_HILDRETH,),
    formula="Gaussian of sigma minus Gaussian of sigma_wide, each of sum 1",
    others=(
        "scikit-image takes 1.6 sigma too; ImageMagick scales positive and negative taps apart",
    ),
    laws=lambda sigma, sigma_wide, frame: (
        law.sums_to(0),
        law.isotropic(),
        law.rank(min(frame.ndim, 2)),
        *(
            [law.gain((sigma**2 - (sigma_wide or 1.6 * sigma) ** 2) / 2, 2, within=0.1)]
            if sigma >= 1 and (sigma_wide or 1.6 * sigma) >= 1.5 * sigma
            else []
        ),
    ),
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


@register(
    Family.EDGE,
    spacing=True,
    range=Range.ABS,
    ndims=(2,),
    sources=(GABOR, OPENCV),
    formula="exp(-(x'**2 + gamma**2 y'**2) / (2 sigma**2)) cos(2 pi x' / wavelength + psi), sum 0",
    others=(
        "OpenCV's keeps its mean and is not scaled; scikit-image's is complex, its bell sums to 1, "
        "and its sigma follows from the frequency unless given",
    ),
    laws=lambda wavelength, theta, sigma, gamma, psi: (
        law.sums_to(0),
        *([law.half_turn(1 if psi % 180 == 0 else -1)] if psi % 90 == 0 else []),
        *claims.of_wave(wavelength, theta, sigma, gamma, psi),
    ),
)
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
    *,
    frame: Frame,
) -> Operation:
    """A wave under a bell: answers to stripes of one width and direction.

    The kernel is OpenCV's, without its mean, scaled so that stripes of full contrast which fit it
    answer with half of white. psi 0 is the real part, 90 the imaginary one.
    """
    turn, phase = math.radians(theta), math.radians(psi)
    return Convolve(
        kernels.gabor_balanced(sigma, turn, wavelength, gamma, phase, spacing=frame.steps)
    )
