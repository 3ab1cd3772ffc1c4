"""scikit-image's filters: shares of white in floats, on scipy.ndimage, scaled to the gradient."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.dialect import scipy
from imgkernels.kernel import Kernel
from imgkernels.kernels.derivative import DIFF
from imgkernels.operations import (
    Cast,
    Chain,
    Frame,
    Merge,
    Operation,
    Ordered,
    Rank,
    Shares,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Floats

EDGES = scipy.BORDERS  # "reflect", our symmetric, unless a mode is given
NEAREST = (Border.REPLICATE, *(b for b in scipy.BORDERS if b is not Border.REPLICATE))
FIXED = (Border.SYMMETRIC,)
SOBEL, SCHARR, PREWITT = (1 / 4, 2 / 4, 1 / 4), (3 / 16, 10 / 16, 3 / 16), (1 / 3, 1 / 3, 1 / 3)


def _floats(frame: Frame) -> str:
    """Return what it computes in: float32 for float32, float64 for all else."""
    return "float32" if frame.dtype == np.float32 else "float64"


def _shares(operation: Operation, frame: Frame) -> Operation:
    return Shares(operation, _floats(frame))


def _convolved(kernel: Kernel, frame: Frame) -> Operation:
    """Return scipy's correlation, which sums in doubles and stores what it computes in."""
    return Chain((Ordered(kernel), Cast(_floats(frame))))


def _bell(sigmas: tuple[float, ...], frame: Frame) -> Operation:
    own = replace(frame, result=np.dtype(_floats(frame)))
    return scipy.passes(scipy.bells(sigmas, [0] * frame.ndim), own)


def _blur(
    sigma: float | None, sigma_y: float | None, sigma_z: float | None, *, frame: Frame
) -> Operation:
    return _shares(_bell(scipy.per_axis(sigma, sigma_y, sigma_z, frame.ndim), frame), frame)


def _slope(axis: int, smooth: tuple[float, ...], frame: Frame) -> Operation:
    rows = [DIFF if a == axis % frame.ndim else smooth for a in range(frame.ndim)]
    return _convolved(Kernel.from_factors(*rows), frame)


def _steepness(smooth: tuple[float, ...], frame: Frame) -> Operation:
    slopes = (_slope(axis, smooth, frame) for axis in range(frame.ndim))
    return _shares(Merge(tuple(slopes), mean_length), frame)


def _sobel(*, frame: Frame) -> Operation:
    return _steepness(SOBEL, frame)


def _sobel_x(*, frame: Frame) -> Operation:
    return _shares(_slope(-1, SOBEL, frame), frame)


def _sobel_y(*, frame: Frame) -> Operation:
    return _shares(_slope(-2, SOBEL, frame), frame)


def _scharr(*, frame: Frame) -> Operation:
    return _steepness(SCHARR, frame)


def _scharr_x(*, frame: Frame) -> Operation:
    return _shares(_slope(-1, SCHARR, frame), frame)


def _scharr_y(*, frame: Frame) -> Operation:
    return _shares(_slope(-2, SCHARR, frame), frame)


def _prewitt(*, frame: Frame) -> Operation:
    return _steepness(PREWITT, frame)


def _prewitt_x(*, frame: Frame) -> Operation:
    return _shares(_slope(-1, PREWITT, frame), frame)


def _prewitt_y(*, frame: Frame) -> Operation:
    return _shares(_slope(-2, PREWITT, frame), frame)


def _farid(*, frame: Frame) -> Operation:
    kinds = (kernels.farid(axis, ndim=frame.ndim) for axis in range(frame.ndim))
    return _shares(Merge(tuple(_convolved(k, frame) for k in kinds), mean_length), frame)


def _farid_x(*, frame: Frame) -> Operation:
    return _shares(_convolved(kernels.farid("x"), frame), frame)


def _farid_y(*, frame: Frame) -> Operation:
    return _shares(_convolved(kernels.farid("y"), frame), frame)


def _diagonal(which: int, frame: Frame) -> Operation:
    return _convolved(kernels.roberts(which).flipped(), frame)


def _roberts(*, frame: Frame) -> Operation:
    return _shares(Merge((_diagonal(0, frame), _diagonal(1, frame)), mean_length), frame)


def _roberts_x(*, frame: Frame) -> Operation:
    return _shares(_diagonal(0, frame), frame)


def _roberts_y(*, frame: Frame) -> Operation:
    return _shares(_diagonal(1, frame), frame)


def _laplacian(*, frame: Frame) -> Operation:
    return _shares(_convolved(-kernels.laplacian(ndim=frame.ndim), frame), frame)


def _unsharp(sigma: float, amount: float, *, frame: Frame) -> Operation:
    bell = _bell((sigma,) * frame.ndim, frame)
    return _shares(Merge((Chain(()), bell), unsharpened, (amount,)), frame)


def _dog(sigma: float, sigma_wide: float | None, *, frame: Frame) -> Operation:
    wide = sigma * 1.6 if sigma_wide is None else sigma_wide
    bells = tuple(_bell((s,) * frame.ndim, frame) for s in (sigma, wide))
    return _shares(Merge(bells, np.subtract), frame)


def _median(size: int, *, frame: Frame) -> Operation:
    return Rank.median(size, frame.ndim)


def _gabor(
    wavelength: float, theta: float, sigma: float, gamma: float, psi: float, *, frame: Frame
) -> Operation:
    taps = gabor_taps(1 / wavelength, math.radians(theta), sigma, sigma / gamma, math.radians(psi))
    store = scipy.stored(frame.stored if frame.dtype.kind in "iu" else np.dtype(_floats(frame)))
    return Chain((Ordered(Kernel(taps).flipped()), store))


def gabor_taps(
    frequency: float, theta: float, sigma_x: float, sigma_y: float, offset: float
) -> Taps:
    """Return the real part of its Gabor kernel, scaled by the bell's sum in the plane.

    Source: skimage.filters.gabor_kernel.
    """
    cos, sin = math.cos(theta), math.sin(theta)
    half_x = math.ceil(max(abs(3 * sigma_x * cos), abs(3 * sigma_y * sin), 1))
    half_y = math.ceil(max(abs(3 * sigma_y * cos), abs(3 * sigma_x * sin), 1))
    y, x = np.mgrid[-half_y : half_y + 1, -half_x : half_x + 1]
    along, across = x * cos + y * sin, y * cos - x * sin
    bell = -0.5 * (along**2 / sigma_x**2 + across**2 / sigma_y**2)
    wave = np.exp(bell + 1j * (2 * np.pi * frequency * along + offset))
    taps: Taps = (wave * (1 / (2 * np.pi * sigma_x * sigma_y))).real
    return taps


def mean_length(*parts: Floats) -> Floats:
    """Return the root of the mean of squares."""
    squares = sum((part * part for part in parts[1:]), parts[0] * parts[0])
    root: Floats = np.sqrt(squares) / np.sqrt(len(parts), dtype=squares.dtype)
    return root


def unsharpened(x: Floats, blurred: Floats, amount: float) -> Floats:
    """Add what the blur took away; the answer ends at white, and at black if nothing is below."""
    sharp = x + (x - blurred) * x.dtype.type(amount)
    return sharp.clip(-1.0 if (x < 0).any() else 0.0, 1.0)


_AXIS = "skimage.filters.{}(x, axis={})"

DIALECT = Dialect(
    name="skimage",
    version="0.26.0",
    source="scikit-image, skimage/filters",
    dtypes=("uint8", "uint16", "uint32", "float32", "float64"),
    ndims=(2, 3),
    bell=Bell("sigma", "skimage.filters.gaussian(image, {value})"),
    rules={
        "blur": Rule("skimage.filters.gaussian(x, sigma)", _blur, NEAREST, True, ndims=(1, 2, 3)),
        "sobel": Rule("skimage.filters.sobel(x)", _sobel, EDGES, True),
        "sobel-x": Rule(_AXIS.format("sobel", -1), _sobel_x, EDGES, True),
        "sobel-y": Rule(_AXIS.format("sobel", -2), _sobel_y, EDGES, True),
        "scharr": Rule("skimage.filters.scharr(x)", _scharr, EDGES, True),
        "scharr-x": Rule(_AXIS.format("scharr", -1), _scharr_x, EDGES, True),
        "scharr-y": Rule(_AXIS.format("scharr", -2), _scharr_y, EDGES, True),
        "prewitt": Rule("skimage.filters.prewitt(x)", _prewitt, EDGES, True),
        "prewitt-x": Rule(_AXIS.format("prewitt", -1), _prewitt_x, EDGES, True),
        "prewitt-y": Rule(_AXIS.format("prewitt", -2), _prewitt_y, EDGES, True),
        "farid": Rule("skimage.filters.farid(x)", _farid, EDGES, True),
        "farid-x": Rule("skimage.filters.farid_v(x)", _farid_x, FIXED, ndims=(2,)),
        "farid-y": Rule("skimage.filters.farid_h(x)", _farid_y, FIXED, ndims=(2,)),
        "roberts": Rule("skimage.filters.roberts(x)", _roberts, FIXED, ndims=(2,)),
        "roberts-x": Rule("skimage.filters.roberts_pos_diag(x)", _roberts_x, FIXED, ndims=(2,)),
        "roberts-y": Rule("skimage.filters.roberts_neg_diag(x)", _roberts_y, FIXED, ndims=(2,)),
        "laplacian": Rule("skimage.filters.laplace(x)", _laplacian, FIXED),
        "unsharp": Rule("skimage.filters.unsharp_mask(x, sigma, amount)", _unsharp, FIXED),
        "dog": Rule(
            "skimage.filters.difference_of_gaussians(x, sigma, sigma_wide)", _dog, NEAREST, True
        ),
        "median": Rule("skimage.filters.median(x, ones(size, size))", _median, NEAREST, True),
        "gabor": Rule(
            "skimage.filters.gabor(x, 1 / wavelength, theta, sigma_x=sigma, "
            "sigma_y=sigma / gamma, offset=psi)[0]",
            _gabor,
            EDGES,
            True,
            ndims=(2,),
        ),
    },
    notes=(
        "it computes in shares of white; the answers here are those times white, in the units of "
        "the image, and are shown and rounded as ours are",
        "gabor alone keeps integers, whose fractions are cut off and which wrap",
        "colours are filtered channel by channel (channel_axis=-1)",
    ),
)
