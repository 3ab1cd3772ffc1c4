"""First derivatives: a difference along one axis, smoothing along the others."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import axis_index, odd
from imgkernels.taps import Taps

DIFF = (-1, 0, 1)
SCHARR_SMOOTH = (3, 10, 3)
PREWITT_SMOOTH = (1, 1, 1)

# Farid and Simoncelli, Differentiation of discrete multidimensional signals, IEEE Transactions
# on Image Processing 13(4), 2004, table I: prefilters, and first derivatives to the right of the
# middle. The paper prints 6 digits; those of 5 taps are the authors' own, as scikit-image has them.
# fmt: off
FARID_SMOOTH = {
    3: (0.229879, 0.540242, 0.229879),
    5: (0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344,
        0.0376593171958126),
    7: (0.004711, 0.069321, 0.245410, 0.361117, 0.245410, 0.069321, 0.004711),
    9: (0.000721, 0.015486, 0.090341, 0.234494, 0.317916, 0.234494, 0.090341, 0.015486, 0.000721),
}
_FARID_RIGHT = {
    3: (0.425287,),
    5: (0.276690988455557, 0.109603762960254),
    7: (0.193091, 0.125376, 0.018708),
    9: (0.143928, 0.118739, 0.035187, 0.003059),
}
# fmt: on


def derivative_taps(order: int, ksize: int = 3) -> Taps:
    """Return one row of Sobel's family: `order` differences, the rest of the size smoothing.

    Order 0 smooths only. The row is (1, 1) taken `ksize - 1 - order` times and (-1, 1) taken
    `order` times, unscaled, as OpenCV's getDerivKernels has it; ksize 1 is that of 3 for a
    derivative and a single tap for smoothing.

    >>> derivative_taps(1, 5).tolist()
    [-1.0, -2.0, 0.0, 2.0, 1.0]
    """
    ksize = odd(ksize, "sobel", most=31)
    if ksize == 1 and order > 0:
        ksize = 3
    if not isinstance(order, int) or not 0 <= order < ksize:
        raise InvalidValue(
            f"sobel: order must be from 0 to ksize - 1; got {order!r} for ksize {ksize}"
        )
    taps = np.ones(1)
    for _ in range(ksize - 1 - order):
        taps = np.convolve(taps, (1, 1))
    for _ in range(order):
        taps = np.convolve(taps, (-1, 1))
    return taps


def sobel(axis: str | int = "x", ksize: int = 3, *, order: int = 1, ndim: int = 2) -> Kernel:
    """Return Sobel's derivative along `axis` ("x", "y", "z" or an index), of any odd size to 31.

    Unscaled, as in OpenCV: the gain of the 3 x 3 one is 8. ksize 1 takes the difference alone.
    Source: Sobel and Feldman, A 3x3 isotropic gradient operator for image processing, 1968.

    >>> sobel("x").taps.tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    """
    return _along(axis, ndim, "sobel", derivative_taps(order, ksize), derivative_taps(0, ksize))


def sobel_mixed(orders: Sequence[int], ksize: int | None = None) -> Kernel:
    """Return Sobel's derivative of an order on each axis (z, y, x), unscaled, as OpenCV's Sobel.

    Without `ksize` it is the smallest odd size from 3 that has room for the orders. kornia's
    second derivatives of 5 taps are these with the sign turned.

    >>> [row.tolist() for row in sobel_mixed((0, 2), 5).factors]
    [[1.0, 4.0, 6.0, 4.0, 1.0], [1.0, 0.0, -2.0, 0.0, 1.0]]
    """
    if not 1 <= len(orders) <= 3 or not any(orders):
        raise InvalidValue(
            f"sobel: orders must be 1 to 3 whole numbers, not all of them 0; got {tuple(orders)!r}"
        )
    if ksize is None:
        ksize = max(3, (max(orders) + 1) | 1)
    return Kernel.from_factors(*(derivative_taps(order, ksize) for order in orders))


def per_pixel(kernel: Kernel, orders: Sequence[int]) -> Kernel:
    """Scale a kernel so that its answer is the true derivative of these orders (z, y, x).

    >>> per_pixel(sobel("x"), (0, 1)).taps.tolist()[0]
    [-0.125, 0.0, 0.125]
    """
    answer = kernel.moment(*orders) / math.prod(map(math.factorial, orders))
    if answer == 0:
        raise InvalidValue(f"kernel: takes no derivative of the orders {tuple(orders)!r}")
    return kernel / answer


def scharr(axis: str | int = "x", *, ndim: int = 2) -> Kernel:
    """Return Scharr's derivative: 3, 10, 3 across, gain 32; nearer to isotropic than Sobel's.

    Source: Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, 2000.
    """
    return _along(axis, ndim, "scharr", DIFF, SCHARR_SMOOTH)


def prewitt(axis: str | int = "x", *, ndim: int = 2) -> Kernel:
    """Return Prewitt's derivative: 1, 1, 1 across, gain 6.

    Source: Prewitt, Object enhancement and extraction, 1970.
    """
    return _along(axis, ndim, "prewitt", DIFF, PREWITT_SMOOTH)


def farid(axis: str | int = "x", ksize: int = 5, *, ndim: int = 2) -> Kernel:
    """Return the derivative of Farid and Simoncelli, of 3, 5, 7 or 9 taps, near to isotropic.

    Their gains are 0.85, 0.99, 1.00 and 1.00: short rows see a ramp as less steep than it is.
    Source: Farid and Simoncelli, Differentiation of discrete multidimensional signals, 2004.
    """
    if ksize not in FARID_SMOOTH:
        raise InvalidValue(f"farid: ksize must be 3, 5, 7 or 9 taps; got {ksize!r}")
    right = _FARID_RIGHT[ksize]
    difference = (*(-tap for tap in reversed(right)), 0.0, *right)
    return _along(axis, ndim, "farid", difference, FARID_SMOOTH[ksize])


def roberts(diagonal: int = 0) -> Kernel:
    """Return one of Roberts' two crosses, 2 x 2, anchored at its lower right tap.

    Diagonal 0 is the pixel up and left minus the pixel itself; diagonal 1 is up minus left.
    Source: Roberts, Machine perception of three-dimensional solids, 1963.

    >>> roberts(0).taps.tolist(), roberts(1).taps.tolist()
    ([[1.0, 0.0], [0.0, -1.0]], [[0.0, 1.0], [-1.0, 0.0]])
    """
    if diagonal not in (0, 1):
        raise InvalidValue(f"roberts: diagonal must be 0 or 1; got {diagonal!r}")
    return Kernel([[1, 0], [0, -1]] if diagonal == 0 else [[0, 1], [-1, 0]])


def _along(
    axis: str | int,
    ndim: int,
    who: str,
    difference: Taps | tuple[float, ...],
    smooth: Taps | tuple[float, ...],
) -> Kernel:
    along = axis_index(axis, ndim, who)
    return Kernel.from_factors(*(difference if a == along else smooth for a in range(ndim)))
