"""Derivatives of a Gaussian in any direction, steered: made of those along the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from operator import add

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.gauss import gaussian_derivative
from imgkernels.kernels.rules import direction

_MOST_ORDER = 4


def steered(
    sigma: float,
    theta: float = 0.0,
    order: int = 1,
    *,
    truncate: float = 4.0,
    spacing: Sequence[float] = (1.0, 1.0),
) -> Kernel:
    """Return the derivative of a Gaussian (sigma in px) of an order from 1 to 4 in one direction.

    With a `spacing` (y, x) sigma, the direction and the derivative are in its unit.

    `theta` in degrees, counter-clockwise from x as seen. The basis is the derivatives along the
    axes: order 1 is cos Gx + sin Gy, order 2 cos^2 Gxx + 2 cos sin Gxy + sin^2 Gyy, with y upwards.
    Source: Freeman and Adelson, The design and use of steerable filters, IEEE Transactions on
    Pattern Analysis and Machine Intelligence 13(9), 1991; here with the scale of true derivatives.
    """
    if order not in range(1, _MOST_ORDER + 1):
        raise InvalidValue(
            f"steered: order must be a whole number from 1 to {_MOST_ORDER}; got {order!r}"
        )
    x, y = direction(theta, "steered", "theta")
    cos, sin = x / spacing[1], y / spacing[0]
    sigmas = [sigma / step for step in spacing]
    basis = [
        (math.comb(order, k) * cos ** (order - k) * sin**k)
        * gaussian_derivative(sigmas, (k, order - k), truncate=truncate)
        for k in range(order + 1)
    ]
    return reduce(add, basis)
