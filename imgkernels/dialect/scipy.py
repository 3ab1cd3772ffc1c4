"""scipy.ndimage: sums in double, stored in the image's dtype after every pass along an axis.

Storing cuts fractions off and wraps, as C converts; so the order of its sums shows, and they are
made by the method that is scipy's own.
"""

from __future__ import annotations

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.kernel import Kernel
from imgkernels.operations import (
    Cast,
    Chain,
    Convolve,
    Frame,
    Framed,
    Operation,
    Overflow,
    Rank,
    Rounding,
)
from imgkernels.rule import Dialect, Rule
from imgkernels.taps import Taps

# scipy's default "reflect" is our symmetric; it has all five.
BORDERS = (Border.SYMMETRIC, Border.CONSTANT, Border.REPLICATE, Border.REFLECT, Border.WRAP)


def _stored(frame: Frame) -> Cast:
    dtype = frame.dtype if frame.result is None else frame.result
    return Cast(dtype.name, Rounding.TRUNCATE, Overflow.WRAP)


def _passes(rows: list[tuple[int, Taps]], frame: Frame) -> Operation:
    """Correlate along one axis after the other, each time from doubles to the dtype stored."""
    steps: list[Operation] = []
    for axis, row in rows:
        kernel = Kernel.from_factors(*(row if a == axis else [1.0] for a in range(frame.ndim)))
        steps += [Cast("float64"), Framed(Convolve(kernel), frame.border, method="ndimage")]
        steps.append(_stored(frame))
    return Chain(tuple(steps)) if steps else _stored(frame)


def _bell(sigma: float, truncate: float = 4.0) -> Taps:
    return kernels.gaussian_taps(sigma, 2 * int(truncate * sigma + 0.5) + 1)


def _blur(
    sigma: float | None, sigma_y: float | None, sigma_z: float | None, *, frame: Frame
) -> Operation:
    along_x = 2.0 if sigma is None else sigma
    sigmas = (sigma_z or along_x, sigma_y or along_x, along_x)[-frame.ndim :]
    return _passes([(a, _bell(s)) for a, s in enumerate(sigmas) if s > 1e-15], frame)


def _edge(along: int, smooth: tuple[int, ...], frame: Frame) -> Operation:
    """Return the difference along an axis first, then the smoothing along the others."""
    others = [a for a in range(frame.ndim) if a != along % frame.ndim]
    rows = [
        (along % frame.ndim, np.array([-1.0, 0, 1])),
        *((a, np.array(smooth, float)) for a in others),
    ]
    return _passes(rows, frame)


def _sobel_x(*, frame: Frame) -> Operation:
    return _edge(-1, (1, 2, 1), frame)


def _sobel_y(*, frame: Frame) -> Operation:
    return _edge(-2, (1, 2, 1), frame)


def _median(size: int, *, frame: Frame) -> Operation:
    return Chain((Rank.median(size, frame.ndim), _stored(frame)))


def _custom(kernel: Kernel, *, frame: Frame) -> Operation:
    convolve = Framed(Convolve(kernel), frame.border, method="ndimage")
    return Chain((Cast("float64"), convolve, _stored(frame)))


DIALECT = Dialect(
    name="scipy",
    version="1.17.1",
    source="scipy.ndimage, _filters.py and ni_filters.c",
    dtypes=("uint8", "uint16", "uint32", "int8", "int16", "int32", "float32", "float64"),
    ndims=(1, 2, 3),
    rules={
        "blur": Rule("gaussian_filter(x, sigma)", _blur, BORDERS, value=True),
        "sobel-x": Rule("sobel(x, axis=-1)", _sobel_x, BORDERS, value=True),
        "sobel-y": Rule("sobel(x, axis=-2)", _sobel_y, BORDERS, value=True, ndims=(2, 3)),
        "median": Rule("median_filter(x, size)", _median, BORDERS, value=True),
        "custom": Rule("correlate(x, kernel)", _custom, BORDERS, value=True),
    },
    notes=(
        "integers lose their fractions and wrap after every pass along an axis: negative slopes "
        "of 8 bits come out as 256 less; ask for dtype='float32' or a range to see them",
    ),
)
