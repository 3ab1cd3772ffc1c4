"""ITK as SimpleITK calls it: discrete Gaussians of a variance, cut by an error, edges repeated."""

from __future__ import annotations

import math

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.bessel import itk_bessel
from imgkernels.operations import (
    Cast,
    Chain,
    Convolve,
    Frame,
    Magnitude,
    Operation,
    Ordered,
    Pointwise,
    Rank,
    Rounding,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Floats

EDGE = (Border.REPLICATE,)  # zero-flux Neumann
_MOST = 700.0  # exp of more is infinite
_ERROR, _WIDTH = 0.01, 32  # maximumError and maximumKernelWidth, unless given


def bell_row(variance: float) -> Taps:
    """Return Lindeberg's discrete Gaussian until 99 % of it is in, 32 taps to a side at most.

    Source: ITK, itkGaussianOperator.hxx.
    """
    if variance > _MOST:
        raise InvalidValue(
            f"itk: DiscreteGaussian overflows above a variance of {_MOST:g}; got {variance:g}"
        )
    fall = math.exp(-variance)
    taps = [fall * itk_bessel(0, variance), fall * itk_bessel(1, variance)]
    total = taps[0] + taps[1] * 2.0
    while total < 1 - _ERROR and len(taps) <= _WIDTH and taps[-1] > 0:
        taps.append(fall * itk_bessel(len(taps), variance))
        total += taps[-1] * 2.0
    return np.array([*taps[:0:-1], *taps]) / total


def _stored(operation: Operation, frame: Frame) -> Operation:
    """Return an answer computed in doubles and cast as C++ does: fractions cut off."""
    return Chain((Cast("float64"), operation, Cast(frame.dtype.name, Rounding.TRUNCATE)))


def _blur(
    sigma: float | None, sigma_y: float | None, sigma_z: float | None, *, frame: Frame
) -> Operation:
    along_x = 2.0 if sigma is None else sigma
    sigmas = (sigma_z or along_x, sigma_y or along_x, along_x)[-frame.ndim :]
    steps: list[Operation] = []
    for axis, row in enumerate(bell_row(s * s) if s else np.ones(1) for s in sigmas):
        kernel = Kernel.from_factors(*(row if a == axis else [1.0] for a in range(frame.ndim)))
        steps += [Cast("float64"), Ordered(kernel), Cast(frame.dtype.name, Rounding.TRUNCATE)]
    return Chain(tuple(steps))


def _box(size: int, *, frame: Frame) -> Operation:
    if size % 2 == 0:
        raise InvalidValue(f"box-blur: itk's Mean takes a radius: odd sizes; got {size}")
    count = size**frame.ndim
    total = Convolve(Kernel.from_factors(*[np.ones(size)] * frame.ndim))
    return _stored(Chain((total, Pointwise(divided, (count, frame.dtype.kind == "u")))), frame)


def _sobel(*, frame: Frame) -> Operation:
    slopes = tuple(kernels.sobel(axis, ndim=frame.ndim) for axis in range(frame.ndim))
    return Chain((Cast("float64"), Magnitude(slopes), Cast("float32")))


def _laplacian(*, frame: Frame) -> Operation:
    return Chain((Cast("float64"), Convolve(kernels.laplacian(ndim=frame.ndim)), Cast("float32")))


def _custom(kernel: Kernel, normalize: bool, *, frame: Frame) -> Operation:
    turned = kernel.flipped()
    return _stored(Convolve(turned.normalized() if normalize else turned), frame)


def _median(size: int, *, frame: Frame) -> Operation:
    return Rank.median(size, frame.ndim)


def _minimum(size: int, *, frame: Frame) -> Operation:
    return Rank.share(0, size, frame.ndim)


def _maximum(size: int, *, frame: Frame) -> Operation:
    return Rank.share(1, size, frame.ndim)


def divided(total: Floats, white: float, count: int, whole: bool) -> Floats:
    """Divide a sum by how many it is of; a sum of integers is whole, however it was made."""
    exact: Floats = np.rint(total) if whole else total
    return exact / count


_RADIUS = "sitk.{}(image, [size // 2] * ndim)"
_MORPHOLOGY = "sitk.{}(image, [size // 2] * ndim, sitk.sitkBox)"

DIALECT = Dialect(
    name="itk",
    version="5.4",
    source="ITK, Modules/Filtering, and SimpleITK 2.5",
    dtypes=("uint8", "uint16", "float32", "float64"),
    ndims=(2, 3),
    bell=Bell("variance", "sitk.DiscreteGaussian(image, {value})", squared=True),
    rules={
        "blur": Rule("sitk.DiscreteGaussian(image, variance=sigma ** 2)", _blur, EDGE),
        "box-blur": Rule(_RADIUS.format("Mean"), _box, EDGE),
        "sobel": Rule(
            "sitk.SobelEdgeDetection(image)",
            _sobel,
            EDGE,
            dtypes=("float32", "float64"),
            ndims=(2,),
        ),
        "laplacian": Rule("sitk.Laplacian(image)", _laplacian, EDGE, dtypes=("float32", "float64")),
        "custom": Rule("sitk.Convolution(image, kernel)", _custom, EDGE, ndims=(2,)),
        "median": Rule(_RADIUS.format("Median"), _median, EDGE),
        "minimum": Rule(_MORPHOLOGY.format("GrayscaleErode"), _minimum, EDGE),
        "maximum": Rule(_MORPHOLOGY.format("GrayscaleDilate"), _maximum, EDGE),
    },
    notes=(
        "DiscreteGaussian takes a variance, cuts where 1 % is left (maximumError) and at 32 taps "
        "to a side (maximumKernelWidth); spacing is 1 here",
        "integers lose their fractions, they are not rounded",
        "custom kernels are convolved with: they act turned by 180 degrees",
        "SmoothingRecursiveGaussian is not here: it is a recursion, not a kernel; nor is "
        "CannyEdgeDetection, whose thinning is its own",
    ),
)
