"""What the derivatives claim of themselves, said once for each kind."""

from __future__ import annotations

import math

from imgkernels import law


def of_rows(
    along: tuple[float, ...], across: tuple[float, ...], axis: str, gain: str, ndim: int
) -> tuple[law.Law, ...]:
    """Claim a derivative along an axis that is one row along it and another across."""
    slope = sum((n - len(along) // 2) * tap for n, tap in enumerate(along))
    full = slope * sum(across) ** (ndim - 1)
    return (
        law.differentiates(axis, gain=1.0 if gain == "unit" else full),
        law.odd(axis),
        law.rank(1),
        law.rows(along, across, axis),
    )


def of_gradient(*along_x: law.Law, ndim: int) -> tuple[law.Law, ...]:
    """Claim the laws of the last kernel, and of the others that they are the same."""
    return (*law.nth(ndim, *along_x), law.same_along_each_axis())


def of_sobel(ksize: int, axis: str, gain: str, ndim: int) -> tuple[law.Law, ...]:
    """Claim Pascal's triangle across, and differences of its neighbours along the axis."""
    n = max(ksize, 3)
    smooth = tuple(float(math.comb(ksize - 1, k)) for k in range(ksize))
    before = [math.comb(n - 2, k - 1) if k else 0 for k in range(n)]
    along = tuple(float(b - math.comb(n - 2, k)) for k, b in enumerate(before))
    return of_rows(along, smooth, axis, gain, ndim)


def of_roberts(
    rows: tuple[tuple[float, ...], ...], diagonal: int, gain: str
) -> tuple[law.Law, ...]:
    """Claim a difference across the corner, symmetric (1) or not (-1) about the diagonal."""
    scale = 1 / math.sqrt(2) if gain == "unit" else 1.0
    return (
        law.matrix(rows, scale),
        law.gain(scale * math.sqrt(2), 1),
        law.half_turn(-1),
        law.diagonal(diagonal),
    )
