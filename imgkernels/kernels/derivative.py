"""First derivatives: a difference along one axis, smoothing along the others."""

from __future__ import annotations

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import axis_index, odd
from imgkernels.taps import Taps

DIFF = (-1, 0, 1)
SCHARR_SMOOTH = (3, 10, 3)
PREWITT_SMOOTH = (1, 1, 1)

# Farid and Simoncelli, Differentiation of discrete multidimensional signals, IEEE Transactions
# on Image Processing 13(4), 2004, table I: the five-tap prefilter and first derivative.
FARID_SMOOTH = (
    0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344, 0.0376593171958126,
)  # fmt: skip
FARID_DIFF = (-0.109603762960254, -0.276690988455557, 0.0, 0.276690988455557, 0.109603762960254)


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


def farid(axis: str | int = "x", *, ndim: int = 2) -> Kernel:
    """Return the five-tap derivative of Farid and Simoncelli, made for rotation invariance.

    Source: Farid and Simoncelli, Differentiation of discrete multidimensional signals, 2004.
    """
    return _along(axis, ndim, "farid", FARID_DIFF, FARID_SMOOTH)


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
