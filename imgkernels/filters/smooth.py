"""Filters that average neighbours."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import Window
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Operation
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import FSPECIAL, LINDEBERG, OPENCV

_SIGMA = Param("width of the Gaussian; 2 px, or what fits a given ksize", "px", least=0, most=500)
_SIGMA_OTHER = Param("width along this axis; as along x unless given", "px", least=0, most=500)
_FORM = Param("sampled as in OpenCV, integrated over each pixel, or Lindeberg's discrete one")
_KSIZE = Param(
    "width of the kernel; what fits sigma unless given", "px", least=1, most=2001, odd=True
)


_OTHERS = (
    "sizes at sigma 2: OpenCV 13 px in 8 bits and 17 in others, scipy and scikit-image 17, "
    "ImageMagick 17, libvips 7, Pillow three boxes of 13 in all",
    "OpenCV takes the sizes 1 to 9 without a sigma from tables; its own 8 bits round the taps",
    "Pillow's radius is sigma; ITK's DiscreteGaussian takes the variance and cuts at 32 px",
    "libvips with sigma 0.5 does not blur at all",
)

Form = Literal["sampled", "integrated", "discrete"]


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("gaussian", "gaussian-blur"),
    sources=(OPENCV, LINDEBERG),
    formula="exp(-x**2 / (2 sigma**2)) on each axis, divided by its sum",
    others=_OTHERS,
    laws=lambda sigma, sigma_y, sigma_z, ksize, ksize_y, form, frame: (
        law.sums_to(1),
        law.keeps_polynomials(1),
        law.even(),
        law.positive(),
        law.rank(1),
        *_bell(*_widths(sigma, sigma_y, sigma_z, ksize, ksize_y, frame.ndim), form),
    ),
)
def blur(
    sigma: Annotated[float | None, _SIGMA] = None,
    sigma_y: Annotated[float | None, _SIGMA_OTHER] = None,
    sigma_z: Annotated[float | None, _SIGMA_OTHER] = None,
    ksize: Annotated[int | None, _KSIZE] = None,
    ksize_y: Annotated[int | None, _KSIZE] = None,
    form: Annotated[Form, _FORM] = "sampled",
    *,
    frame: Frame,
) -> Operation:
    """Gaussian blur.

    Sizes and sigmas follow OpenCV: a missing ksize is made from sigma (3 sigma on each side for 8
    bits, 4 for others), a sigma of 0 from ksize. A sigma of 0 without a ksize changes nothing.
    """
    lengths, widths = _widths(sigma, sigma_y, sigma_z, ksize, ksize_y, frame.ndim)
    sigmas = frame.pixels(lengths)
    sizes = tuple(n and frame.odd_window(n)[axis] for axis, n in enumerate(widths))
    if form != "sampled":
        return Convolve(_other_gaussian(form, sigmas, sizes, frame))
    rows = (kernels.gaussian_taps(s, n, frame.truncate) for s, n in zip(sigmas, sizes, strict=True))
    return Convolve(Kernel.from_factors(*rows))


def _widths(
    sigma: float | None,
    sigma_y: float | None,
    sigma_z: float | None,
    ksize: int | None,
    ksize_y: int | None,
    ndim: int,
) -> tuple[tuple[float, ...], tuple[int | None, ...]]:
    """Return the sigma and the size for each axis (z, y, x)."""
    along_x = (0.0 if ksize else 2.0) if sigma is None else sigma
    sigmas = (sigma_z or along_x, sigma_y or along_x, along_x)[-ndim:]
    return sigmas, (ksize, ksize_y or ksize, ksize)[-ndim:]


def _bell(
    sigmas: tuple[float, ...], sizes: tuple[int | None, ...], form: Form
) -> tuple[law.Law, ...]:
    """Claim the width, and of the sampled form its taps, where a sigma is given."""
    if not all(sigmas):
        return ()
    due = [s**2 + (1 / 12 if form == "integrated" else 0) for s in sigmas]
    wide = min(sigmas) >= 1 and not any(sizes)
    return (
        *([law.bell(sigmas)] if form == "sampled" else []),
        *([law.variance(due, within=0.06)] if wide else []),
    )


def _pascal(size: int) -> tuple[float, ...]:
    return tuple(math.comb(size - 1, k) / 2 ** (size - 1) for k in range(size))


def _other_gaussian(
    form: Form, sigmas: tuple[float, ...], sizes: tuple[int | None, ...], frame: Frame
) -> Kernel:
    if any(sizes):
        raise InvalidValue(f"blur: ksize is for the sampled form; got form {form!r}")
    maker = kernels.gaussian_discrete if form == "discrete" else kernels.gaussian_integrated
    rows = (maker(s, ndim=1, truncate=frame.truncate).taps if s else [1.0] for s in sigmas)
    return Kernel.from_factors(*rows)


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("box", "mean"),
    unsourced="The mean is older than computing.",
    formula="1 / size on each axis",
    others=(
        "an even size shifts the picture by half a pixel: the anchor is size // 2, as in OpenCV",
        "Pillow's BoxBlur takes a radius, whole or not; its size is 2 radius + 1",
    ),
    laws=lambda size, frame: (
        law.sums_to(1),
        law.even_taps(float(size) ** -frame.ndim),
        law.isotropic(),
        law.variance([(size**2 - 1) / 12] * frame.ndim),
    ),
)
def box_blur(size: Window = 5, *, frame: Frame) -> Operation:
    """Mean of a square window."""
    return Convolve(kernels.box(frame.window(size), ndim=frame.ndim))


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("binomial",),
    unsourced="Pascal's triangle is older than computing.",
    formula="C(size - 1, k) / 2**(size - 1) on each axis",
    others=("OpenCV's Gaussian of ksize 3 and 5 without a sigma is this one; that of 7 is not",),
    laws=lambda size, frame: (
        law.sums_to(1),
        law.isotropic(),
        law.variance([(size - 1) / 4] * frame.ndim),
        law.rows(_pascal(size), _pascal(size), "x"),
    ),
)
def binomial_blur(
    size: Annotated[int, Param("width of the window", unit="px", least=1, most=999)] = 5,
    *,
    frame: Frame,
) -> Operation:
    """Blur with a row of Pascal's triangle on each axis."""
    return Convolve(kernels.binomial(frame.window(size), ndim=frame.ndim))


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("disk", "defocus"),
    ndims=(2, 3),
    sources=(FSPECIAL,),
    formula="the share of each pixel that a disk of the radius covers, divided by their sum",
    others=(
        "ImageMagick's Disk takes whole pixels alone; MATLAB's fspecial('disk') finds the shares "
        "in closed form",
    ),
    laws=lambda radius, frame: (
        law.sums_to(1),
        law.isotropic(),
        law.positive(),
        *(
            [law.variance([radius**2 / (frame.ndim + 2) + 1 / 12] * frame.ndim, within=0.03)]
            if radius >= 2
            else []
        ),
    ),
)
def lens_blur(
    radius: Annotated[float, Param("radius of the disk", unit="px", least=0, most=100)] = 5.0,
    *,
    frame: Frame,
) -> Operation:
    """Mean of a disk, as a lens out of focus draws it."""
    return Convolve(kernels.disk(frame.pixels(radius), ndim=frame.ndim))


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("motion",),
    ndims=(2,),
    sources=(FSPECIAL,),
    formula="1 - the distance of the pixel from the line, not below 0, divided by their sum",
    others=(
        "kornia turns a straight row by interpolation; ImageMagick's -motion-blur is one-sided, "
        "under half a Gaussian",
    ),
    laws=lambda length, angle: (
        law.sums_to(1),
        law.positive(),
        law.half_turn(),
        *([law.leans(angle % 180, within=4)] if length >= 5 else []),
    ),
)
def motion_blur(
    length: Annotated[float, Param("how far the camera moved", unit="px", least=1, most=1000)] = 15,
    angle: Annotated[
        float, Param("direction, counter-clockwise from x", unit="degrees", least=-360, most=360)
    ] = 0.0,
    *,
    frame: Frame,
) -> Operation:
    """Mean along a line, as a moving camera draws it."""
    return Convolve(kernels.motion(length, angle, spacing=frame.steps))
