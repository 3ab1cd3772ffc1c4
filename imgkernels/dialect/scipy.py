"""scipy.ndimage: sums in double, stored in the image's dtype after every pass along an axis.

Storing cuts fractions off and wraps, as C converts; so the order of its sums shows, and they are
made by the method that is scipy's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.kernel import Kernel
from imgkernels.kernels.derivative import DIFF, PREWITT_SMOOTH
from imgkernels.operations import (
    Cast,
    Chain,
    Convolve,
    Frame,
    Framed,
    Merge,
    Operation,
    Ordered,
    Overflow,
    Pointwise,
    Rank,
    Rounding,
)
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

# scipy's default "reflect" is our symmetric; it has all five, and a value for the constant.
BORDERS = (Border.SYMMETRIC, Border.CONSTANT, Border.REPLICATE, Border.REFLECT, Border.WRAP)
SOBEL_SMOOTH = (1, 2, 1)

Row = tuple[int, Taps]


def stored(dtype: np.dtype[np.generic]) -> Cast:
    """Return how C converts doubles: fractions cut off, unsigned integers modulo."""
    return Cast(dtype.name, Rounding.TRUNCATE, Overflow.WRAP)


def pass_along(axis: int, row: Taps, frame: Frame) -> Operation:
    """Return the correlation of one axis with a row, in doubles, summed in scipy's order."""
    kernel = Kernel.from_factors(*(row if a == axis else [1.0] for a in range(frame.ndim)))
    return Chain((Cast("float64"), Framed(Convolve(kernel), frame.border, method="ndimage")))


def passes(rows: Sequence[Row], frame: Frame) -> Operation:
    """Return one pass after the other, each stored."""
    store = stored(frame.stored)
    steps = [step for axis, row in rows for step in (pass_along(axis, row, frame), store)]
    return Chain(tuple(steps) or (store,))


def bell(sigma: float, order: int = 0, truncate: float = 4.0) -> Taps:
    """Return a derivative of a Gaussian, of order 0 to 2, as `correlate1d` takes it.

    Source: scipy.ndimage._filters._gaussian_kernel1d, turned as gaussian_filter1d turns it.
    """
    half = int(truncate * sigma + 0.5)
    x, fall = np.arange(-half, half + 1), -1 / sigma**2
    row: Taps = np.exp(0.5 * fall * x**2)
    row = row / row.sum()
    factor = (np.ones(x.size), -x * fall, x**2 * fall**2 + fall)[order]
    return factor * row


def bells(sigmas: Sequence[float], orders: Sequence[int], truncate: float = 4.0) -> list[Row]:
    """Return the passes of gaussian_filter; a sigma of 0 is no pass."""
    pairs = enumerate(zip(sigmas, orders, strict=True))
    return [(axis, bell(s, order, truncate)) for axis, (s, order) in pairs if s > 1e-15]


def per_axis(
    sigma: float | None, sigma_y: float | None, sigma_z: float | None, ndim: int
) -> tuple[float, ...]:
    """Return our filter's sigmas in the order of the axes."""
    along_x = 2.0 if sigma is None else sigma
    return (sigma_z or along_x, sigma_y or along_x, along_x)[-ndim:]


def _blur(
    sigma: float | None, sigma_y: float | None, sigma_z: float | None, *, frame: Frame
) -> Operation:
    sigmas = per_axis(sigma, sigma_y, sigma_z, frame.ndim)
    return passes(bells(sigmas, [0] * frame.ndim), frame)


def _box(size: int, *, frame: Frame) -> Operation:
    if size == 1:
        return stored(frame.stored)
    store = stored(frame.stored)
    mean = Chain((Pointwise(divided, (size,)), store))
    steps = [
        step for a in range(frame.ndim) for step in (pass_along(a, np.ones(size), frame), mean)
    ]
    return Chain(tuple(steps))


def _edge(along: int, smooth: tuple[int, ...], frame: Frame) -> Operation:
    """Return the difference along an axis first, then the smoothing along the others."""
    axis, others = along % frame.ndim, [a for a in range(frame.ndim) if a != along % frame.ndim]
    across = [(a, np.array(smooth, np.float64)) for a in others]
    return passes([(axis, np.array(DIFF, np.float64)), *across], frame)


def _sobel_x(*, frame: Frame) -> Operation:
    return _edge(-1, SOBEL_SMOOTH, frame)


def _sobel_y(*, frame: Frame) -> Operation:
    return _edge(-2, SOBEL_SMOOTH, frame)


def _prewitt_x(*, frame: Frame) -> Operation:
    return _edge(-1, PREWITT_SMOOTH, frame)


def _prewitt_y(*, frame: Frame) -> Operation:
    return _edge(-2, PREWITT_SMOOTH, frame)


def _sobel(*, frame: Frame) -> Operation:
    return Merge(tuple(_edge(a, SOBEL_SMOOTH, frame) for a in range(frame.ndim)), length)


def _prewitt(*, frame: Frame) -> Operation:
    return Merge(tuple(_edge(a, PREWITT_SMOOTH, frame) for a in range(frame.ndim)), length)


def _laplacian(*, frame: Frame) -> Operation:
    second = np.array([1.0, -2.0, 1.0])
    return Merge(tuple(passes([(a, second)], frame) for a in range(frame.ndim)), total)


def _derived(sigma: float, order: int, frame: Frame) -> tuple[Operation, ...]:
    """Return the derivatives of one order along each axis, all axes smoothed."""
    orders = (order * np.eye(frame.ndim, dtype=int)).tolist()
    return tuple(passes(bells([sigma] * frame.ndim, along), frame) for along in orders)


def _log(sigma: float, *, frame: Frame) -> Operation:
    return Merge(_derived(sigma, 2, frame), total)


def _gaussian_gradient(sigma: float, *, frame: Frame) -> Operation:
    return Merge(_derived(sigma, 1, frame), length)


def _custom(kernel: Kernel, *, frame: Frame) -> Operation:
    return Chain((Ordered(kernel), stored(frame.stored)))


def _rank(place: int, size: int, frame: Frame) -> Operation:
    return Chain((Rank(kernels.box(size, frame.ndim), place), stored(frame.stored)))


def _median(size: int, *, frame: Frame) -> Operation:
    return _rank(size**frame.ndim // 2, size, frame)


def _minimum(size: int, *, frame: Frame) -> Operation:
    return _rank(0, size, frame)


def _maximum(size: int, *, frame: Frame) -> Operation:
    return _rank(size**frame.ndim - 1, size, frame)


def _percentile(percent: float, size: int, *, frame: Frame) -> Operation:
    members = size**frame.ndim
    return _rank(min(int(members * percent / 100), members - 1), size, frame)


def divided(x: Floats, white: float, count: int) -> Floats:
    """Divide a sum by the number of its members."""
    return x / x.dtype.type(count)


def total(*parts: Array) -> Array:
    """Add up in the dtype that was stored; integers wrap."""
    return reduce(np.add, parts)


def length(*parts: Array) -> Array:
    """Return the root of the sum of squares, in the dtype that was stored; integers wrap."""
    squares = total(*(part * part for part in parts))
    return np.sqrt(squares).astype(squares.dtype)


def _rule(call: str, make: object, ndims: tuple[int, ...] | None = None) -> Rule:
    return Rule(f"scipy.ndimage.{call}", make, BORDERS, value=True, ndims=ndims)  # type: ignore[arg-type]


DIALECT = Dialect(
    name="scipy",
    version="1.17.1",
    source="scipy.ndimage, _filters.py and ni_filters.c",
    dtypes=("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64"),
    ndims=(1, 2, 3),
    bell=Bell("sigma", "scipy.ndimage.gaussian_filter(image, {value})"),
    rules={
        "blur": _rule("gaussian_filter(x, sigma)", _blur),
        "box-blur": _rule("uniform_filter(x, size)", _box),
        "sobel-x": _rule("sobel(x, axis=-1)", _sobel_x),
        "sobel-y": _rule("sobel(x, axis=-2)", _sobel_y, (2, 3)),
        "sobel": _rule("generic_gradient_magnitude(x, sobel)", _sobel),
        "prewitt-x": _rule("prewitt(x, axis=-1)", _prewitt_x),
        "prewitt-y": _rule("prewitt(x, axis=-2)", _prewitt_y, (2, 3)),
        "prewitt": _rule("generic_gradient_magnitude(x, prewitt)", _prewitt),
        "laplacian": _rule("laplace(x)", _laplacian),
        "log": _rule("gaussian_laplace(x, sigma)", _log),
        "gaussian-gradient": _rule("gaussian_gradient_magnitude(x, sigma)", _gaussian_gradient),
        "custom": _rule("correlate(x, kernel)", _custom),
        "median": _rule("median_filter(x, size)", _median),
        "minimum": _rule("minimum_filter(x, size)", _minimum),
        "maximum": _rule("maximum_filter(x, size)", _maximum),
        "percentile": _rule("percentile_filter(x, percent, size)", _percentile),
    },
    notes=(
        "integers lose their fractions and wrap after every pass along an axis: a slope of -1 in 8 "
        "bits comes out as 255; dtype='float32' or a range asks for floats",
    ),
)
