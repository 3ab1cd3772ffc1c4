"""Passes over float32 channels that Halide compiles: bias and ReLU, maxima of 2 x 2, and back.

Each fills an array that it is given, and returns it.
"""

from __future__ import annotations

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.values import Floats

_LANES = 16  # channels must fill vectors of every processor


def fits(*arrays: Floats) -> bool:
    """Tell whether arrays, channels last, can be taken."""
    plain = all(
        x.dtype == np.float32 and x.flags.c_contiguous and x.size and x.shape[-1] % _LANES == 0
        for x in arrays
    )
    return plain and library.missing() is None


def rectified(sums: Floats, bias: Floats, y: Floats) -> Floats:
    """Fill `y` with the larger of 0 and the sums plus the bias."""
    from imgkernels.engine.compiled import rectify

    rectify.forward()(_rows(y), sums=_rows(sums), bias=bias)
    return y


def unrectified(grad: Floats, y: Floats, out: Floats) -> Floats:
    """Fill `out` with the gradient where the answer `y` is above 0, 0 elsewhere."""
    from imgkernels.engine.compiled import rectify

    rectify.back()(_rows(out), grad=_rows(grad), answer=_rows(y))
    return out


def largest(x: Floats, y: Floats) -> Floats:
    """Fill `y` with the largest of each window of 2 x 2 of `(N, y, x, C)`; NaN wins."""
    from imgkernels.engine.compiled import pool

    pool.largest()(y, image=x)
    return y


def back(x: Floats, y: Floats, grad: Floats, dx: Floats) -> Floats:
    """Fill `dx` with the gradient for `x`: it goes to the first of a window that is the largest."""
    from imgkernels.engine.compiled import pool

    pool.back()(dx, image=x, most=y, grad=grad)
    return dx


def _rows(x: Floats) -> Floats:
    return x.reshape(-1, x.shape[-1])
