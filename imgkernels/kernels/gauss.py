"""Other Gaussians than the sampled one: integrated, discrete, and derivatives of any order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.polynomial import hermite_e

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import per_axis, positive
from imgkernels.taps import Taps

_MOST_ORDER = 8


def gaussian_integrated(
    sigma: float | Sequence[float], *, ndim: int = 2, truncate: float = 4.0
) -> Kernel:
    """Return a Gaussian averaged over each pixel's width instead of sampled in its middle.

    Exact for images that are means over pixels; its variance is sigma squared plus 1/12. Sigma in
    px, one for all axes or one per axis (z, y, x).
    """
    return Kernel.from_factors(
        *(_integrated(s, truncate) for s in per_axis(sigma, ndim, "gaussian_integrated", "sigma"))
    )


def gaussian_discrete(
    sigma: float | Sequence[float], *, ndim: int = 2, truncate: float = 4.0
) -> Kernel:
    """Return Lindeberg's discrete Gaussian, whose cascades add up: sigma 3 after 4 is sigma 5.

    Its taps are exp(-t) I_n(t) with t = sigma squared and I_n the modified Bessel functions; its
    variance is exactly t before it is cut. Source: Lindeberg, Scale-space for discrete signals,
    IEEE Transactions on Pattern Analysis and Machine Intelligence 12(3), 1990.
    """
    return Kernel.from_factors(
        *(_discrete(s, truncate) for s in per_axis(sigma, ndim, "gaussian_discrete", "sigma"))
    )


def gaussian_derivative(
    sigma: float | Sequence[float], orders: Sequence[int], *, truncate: float = 4.0
) -> Kernel:
    """Return a derivative of a Gaussian, of the given order on each axis (z, y, x), 0 to 8.

    `orders=(0, 1)` is the derivative along x of a smoothed image: a ramp of slope 1 gives 1, up to
    what sampling and cutting cost. As scipy.ndimage.gaussian_filter with `order`, but what cutting
    leaves in the sum of an even order is taken out along the bell, so that flat stays 0. Orders
    from 3 on need a wider window: at 4 sigma the fourth gives 0.9 of what it should.
    """
    truncate = positive(truncate, "gaussian_derivative", "truncate", most=20)
    if not 1 <= len(orders) <= 3 or not all(n in range(_MOST_ORDER + 1) for n in orders):
        raise InvalidValue(
            f"gaussian_derivative: orders must be 1 to 3 whole numbers from 0 to {_MOST_ORDER}; "
            f"got {tuple(orders)!r}"
        )
    sigmas = per_axis(sigma, len(orders), "gaussian_derivative", "sigma")
    rows = (_derived(s, order, truncate) for s, order in zip(sigmas, orders, strict=True))
    return Kernel.from_factors(*rows)


def _derived(sigma: float, order: int, truncate: float) -> Taps:
    sigma = positive(sigma, "gaussian_derivative", "sigma")
    x = np.arange(-_half(sigma, truncate), _half(sigma, truncate) + 1.0)
    weights = np.exp(-(x**2) / (2 * sigma**2))
    bell: Taps = weights / weights.sum()
    row: Taps = hermite_e.hermeval(x / sigma, [0] * order + [1]) / sigma**order * bell
    return row - bell * row.sum() if order else row


def _half(sigma: float, truncate: float) -> int:
    return max(1, int(truncate * sigma + 0.5))


def _integrated(sigma: float, truncate: float) -> Taps:
    sigma = positive(sigma, "gaussian_integrated", "sigma")
    truncate = positive(truncate, "gaussian_integrated", "truncate", most=20)
    half = _half(sigma, truncate)
    edges = (np.arange(2 * half + 2) - half - 0.5) / (sigma * math.sqrt(2))
    row: Taps = np.diff([math.erf(edge) for edge in edges])
    return row / float(row.sum())


def _discrete(sigma: float, truncate: float) -> Taps:
    from scipy.special import ive

    sigma = positive(sigma, "gaussian_discrete", "sigma", most=100)
    truncate = positive(truncate, "gaussian_discrete", "truncate", most=20)
    n = np.arange(-_half(sigma, truncate), _half(sigma, truncate) + 1)
    row: Taps = ive(np.abs(n), sigma**2)
    return row / float(row.sum())
