"""More Laplacians of the field: the alpha family, whole windows, and tables of whole numbers."""

from __future__ import annotations

from typing import Literal

from imgkernels.errors import InvalidValue, unknown
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import number, odd
from imgkernels.kernels.second import laplacian
from imgkernels.kernels.smooth import identity

Table = Literal["diagonal-3", "wide-5", "wide-7", "log-5", "log-9"]


def laplacian_alpha(alpha: float = 0.2) -> Kernel:
    """Return the Laplacian whose diagonals count `alpha` (0 to 1) as much as its axes do; gain 1.

    0 is the Laplacian of 4 neighbours, 0.2 isotropic up to fourth order, 0.5 a third of that of 8
    neighbours, 1 the diagonals alone. Source: MATLAB, fspecial('laplacian', alpha).

    >>> (6 * laplacian_alpha(0.2)).taps.round(12).tolist()
    [[1.0, 4.0, 1.0], [4.0, -20.0, 4.0], [1.0, 4.0, 1.0]]
    """
    alpha = number(alpha, "laplacian_alpha", "alpha")
    if not 0 <= alpha <= 1:
        raise InvalidValue(f"laplacian_alpha: alpha must be from 0 to 1; got {alpha!r}")
    corners = laplacian("all") - laplacian("axes")  # gain 2, and counted double
    return ((1 - alpha) * laplacian("axes") + alpha * corners) / (1 + alpha)


def laplacian_box(ksize: int = 3, *, ndim: int = 2) -> Kernel:
    """Return the sum over a window minus the pixel as many times: ones around `1 - ksize**ndim`.

    Sizes 3 and 5 have gains 3 and 25. As kornia's laplacian, and ImageMagick's -edge with the
    sign turned.

    >>> laplacian_box(3).taps.tolist()
    [[1.0, 1.0, 1.0], [1.0, -8.0, 1.0], [1.0, 1.0, 1.0]]
    """
    count: int = odd(ksize, "laplacian_box", most=99) ** ndim
    if count == 1:
        raise InvalidValue(f"laplacian_box: ksize must be at least 3; got {ksize!r}")
    window = Kernel.from_factors(*[[1.0] * ksize] * ndim)
    return window - identity(ndim, scale=count)


def laplacian_table(name: Table = "log-5") -> Kernel:
    """Return a printed table of whole numbers, with the sign of the second derivative.

    Gains: diagonal-3 3, wide-5 35, wide-7 294, log-5 8, log-9 497. The last two are Laplacians of
    Gaussians of about 1.4 px. Source: ImageMagick, its Laplacian:2, 5, 7, 15 and 19, which have
    a positive middle.
    """
    if name not in _TABLES:
        raise unknown("Laplacian", str(name), _TABLES)
    return -Kernel(_TABLES[name])


def mixed_fourth() -> Kernel:
    """Return the fourth derivative, twice along each axis: second differences of second ones.

    ImageMagick calls it Laplacian:3, but all its second moments are 0: it sees no curve along an
    axis. It is six times the seventh mask of Frei and Chen.

    >>> mixed_fourth().order
    4
    """
    return Kernel.from_factors((1, -2, 1), (1, -2, 1))


# fmt: off
_TABLES: dict[str, tuple[tuple[int, ...], ...]] = {
    "diagonal-3": (
        (-2, 1, -2),
        ( 1, 4,  1),
        (-2, 1, -2),
    ),
    "wide-5": (
        (-4, -1, 0, -1, -4),
        (-1,  2, 3,  2, -1),
        ( 0,  3, 4,  3,  0),
        (-1,  2, 3,  2, -1),
        (-4, -1, 0, -1, -4),
    ),
    "wide-7": (
        (-10, -5, -2, -1, -2, -5, -10),
        ( -5,  0,  3,  4,  3,  0,  -5),
        ( -2,  3,  6,  7,  6,  3,  -2),
        ( -1,  4,  7,  8,  7,  4,  -1),
        ( -2,  3,  6,  7,  6,  3,  -2),
        ( -5,  0,  3,  4,  3,  0,  -5),
        (-10, -5, -2, -1, -2, -5, -10),
    ),
    "log-5": (
        ( 0,  0, -1,  0,  0),
        ( 0, -1, -2, -1,  0),
        (-1, -2, 16, -2, -1),
        ( 0, -1, -2, -1,  0),
        ( 0,  0, -1,  0,  0),
    ),
    "log-9": (
        ( 0, -1, -1, -2, -2, -2, -1, -1,  0),
        (-1, -2, -4, -5, -5, -5, -4, -2, -1),
        (-1, -4, -5, -3,  0, -3, -5, -4, -1),
        (-2, -5, -3, 12, 24, 12, -3, -5, -2),
        (-2, -5,  0, 24, 40, 24,  0, -5, -2),
        (-2, -5, -3, 12, 24, 12, -3, -5, -2),
        (-1, -4, -5, -3,  0, -3, -5, -4, -1),
        (-1, -2, -4, -5, -5, -5, -4, -2, -1),
        ( 0, -1, -1, -2, -2, -2, -1, -1,  0),
    ),
}
# fmt: on
