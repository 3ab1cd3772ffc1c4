"""Filters that average neighbours."""

from __future__ import annotations

from typing import Annotated, Literal

from imgkernels import kernels
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import Window
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Operation
from imgkernels.param import Param
from imgkernels.registry import Family, register

_SIGMA = Param("width of the Gaussian; 2 px, or what fits a given ksize", "px", least=0, most=500)
_SIGMA_OTHER = Param("width along this axis; as along x unless given", "px", least=0, most=500)
_FORM = Param("sampled as in OpenCV, integrated over each pixel, or Lindeberg's discrete one")
_KSIZE = Param(
    "width of the kernel; what fits sigma unless given", "px", least=1, most=2001, odd=True
)


Form = Literal["sampled", "integrated", "discrete"]


@register(
    Family.SMOOTH,
    aliases=("gaussian", "gaussian-blur"),
    spacing=True,
    source="OpenCV, GaussianBlur",
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
    along_x = (0.0 if ksize else 2.0) if sigma is None else sigma
    sigmas = frame.pixels((sigma_z or along_x, sigma_y or along_x, along_x)[-frame.ndim :])
    widths = (ksize, ksize_y or ksize, ksize)[-frame.ndim :]
    sizes = tuple(n and frame.odd_window(n)[axis] for axis, n in enumerate(widths))
    if form != "sampled":
        return Convolve(_other_gaussian(form, sigmas, sizes, frame))
    rows = (kernels.gaussian_taps(s, n, frame.truncate) for s, n in zip(sigmas, sizes, strict=True))
    return Convolve(Kernel.from_factors(*rows))


def _other_gaussian(
    form: Form, sigmas: tuple[float, ...], sizes: tuple[int | None, ...], frame: Frame
) -> Kernel:
    if any(sizes):
        raise InvalidValue(f"blur: ksize is for the sampled form; got form {form!r}")
    maker = kernels.gaussian_discrete if form == "discrete" else kernels.gaussian_integrated
    rows = (maker(s, ndim=1, truncate=frame.truncate).taps if s else [1.0] for s in sigmas)
    return Kernel.from_factors(*rows)


@register(Family.SMOOTH, aliases=("box", "mean"), spacing=True)
def box_blur(size: Window = 5, *, frame: Frame) -> Operation:
    """Mean of a square window."""
    return Convolve(kernels.box(frame.window(size), ndim=frame.ndim))


@register(Family.SMOOTH, aliases=("binomial",), spacing=True)
def binomial_blur(
    size: Annotated[int, Param("width of the window", unit="px", least=1, most=999)] = 5,
    *,
    frame: Frame,
) -> Operation:
    """Blur with a row of Pascal's triangle on each axis."""
    return Convolve(kernels.binomial(frame.window(size), ndim=frame.ndim))


@register(Family.SMOOTH, aliases=("disk", "defocus"), ndims=(2, 3), spacing=True)
def lens_blur(
    radius: Annotated[float, Param("radius of the disk", unit="px", least=0, most=100)] = 5.0,
    *,
    frame: Frame,
) -> Operation:
    """Mean of a disk, as a lens out of focus draws it."""
    return Convolve(kernels.disk(frame.pixels(radius), ndim=frame.ndim))


@register(Family.SMOOTH, aliases=("motion",), ndims=(2,), source="MATLAB, fspecial('motion')")
def motion_blur(
    length: Annotated[float, Param("how far the camera moved", unit="px", least=1, most=1000)] = 15,
    angle: Annotated[
        float, Param("direction, counter-clockwise from x", unit="degrees", least=-360, most=360)
    ] = 0.0,
) -> Operation:
    """Mean along a line, as a moving camera draws it."""
    return Convolve(kernels.motion(length, angle))
