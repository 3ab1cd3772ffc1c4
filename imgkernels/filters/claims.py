"""What the derivatives claim of themselves, said once for each kind."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from imgkernels import law

# Table I of Farid and Simoncelli, 2004: the derivative and its prefilter, of 5 taps.
_FARID = (
    (-0.109603762960254, -0.276690988455557, 0.0, 0.276690988455557, 0.109603762960254),
    (
        0.0376593171958126, 0.249153396177344, 0.426374573253687,
        0.249153396177344, 0.0376593171958126,
    ),
)  # fmt: skip


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


def of_farid(ksize: int, axis: str, gain: str, ndim: int) -> tuple[law.Law, ...]:
    """Claim the gain, nearer to 1 the wider it is, and of 5 taps the rows as they are printed."""
    full = {3: 0.850574, 5: 0.991797, 7: 0.999935, 9: 0.998406}[ksize]
    near = law.gain(1.0 if gain == "unit" else full, 1, within=1e-4)
    printed = [law.rows(*_FARID, axis)] if ksize == 5 else []
    return (near, law.rises(axis), law.odd(axis), law.rank(1), *printed)


def of_bell(sigma: float) -> tuple[law.Law, ...]:
    """Claim a Gaussian of one sigma for all axes; of 0 it is the identity."""
    return (
        law.sums_to(1),
        law.isotropic(),
        law.positive(),
        *([law.bell(sigma)] if sigma else []),
    )


def of_wave(
    wavelength: float, theta: float, sigma: float, gamma: float, psi: float, height: float = 1.0
) -> tuple[law.Law, ...]:
    """Claim the answer to a wave that fits, where the bell holds most of a wave."""
    wide = min(sigma, sigma / gamma) >= 0.4 * wavelength
    return (law.tuned(wavelength, theta, psi, height, 0.05),) if wide and wavelength >= 4 else ()


def of_waves(
    wavelength: float, thetas: Sequence[float], sigma: float, gamma: float, height: float
) -> tuple[law.Law, ...]:
    """Claim pairs of waves in quadrature, an even one and an odd one, for each direction."""
    fitting = (
        each
        for n, (theta, psi) in enumerate(itertools.product(thetas, (0, 90)), start=1)
        for wave in of_wave(wavelength, theta, sigma, gamma, psi, height)
        for each in law.nth(n, wave)
    )
    # At 2 px the odd wave is 0 on every pixel, and what is left of it has no symmetry.
    pairs = [law.alternate(law.half_turn(), law.half_turn(-1))] if wavelength > 2 else []
    return law.sums_to(0), *pairs, *fitting


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
