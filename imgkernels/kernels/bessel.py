"""Modified Bessel functions as ITK computes them: polynomials, and a recursion from above."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Abramowitz and Stegun, Handbook of mathematical functions, 1964, 9.8.1 to 9.8.4; as typed in ITK,
# itkGaussianOperator.hxx, from the constant up.
# fmt: off
_I0_NEAR = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2)
_I0_FAR = (0.39894228, 0.1328592e-1, 0.225319e-2, -0.157565e-2, 0.916281e-2, -0.2057706e-1,
           0.2635537e-1, -0.1647633e-1, 0.392377e-2)
_I1_NEAR = (0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3)
_I1_FAR = (0.39894228, -0.3988024e-1, -0.362018e-2, 0.163801e-2, -0.1031555e-1, 0.2282967e-1,
           -0.2895312e-1, 0.1787654e-1, -0.420059e-2)
# fmt: on
_ACCURACY = 40.0


def itk_bessel(order: int, y: float) -> float:
    """Return I_order(y) for y > 0, with what this way of computing misses.

    Good to 1e-8 where y is small; from y = 100 on the recursion starts too low and is off by parts
    in a thousand.
    """
    if order < 2:
        near, far = ((_I0_NEAR, _I0_FAR), (_I1_NEAR, _I1_FAR))[order]
        if y < 3.75:
            return _polynomial(near, (y / 3.75) ** 2) * y**order
        return _polynomial(far, 3.75 / y) * (math.exp(y) / math.sqrt(y))
    found, above, here = 0.0, 0.0, 1.0
    for j in range(2 * (order + int(math.sqrt(_ACCURACY * order))), 0, -1):
        above, here = here, above + j * (2.0 / y) * here
        if abs(here) > 1e10:
            found, above, here = found * 1e-10, above * 1e-10, here * 1e-10
        if j == order:
            found = above
    return found * (itk_bessel(0, y) / here)


def _polynomial(coefficients: Sequence[float], x: float) -> float:
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
