"""How often a random kernel comes as near to something known: what makes a name worth saying."""

from __future__ import annotations

MOST_CHANCE = 0.02  # of random kernels may get a name
MOST_RESIDUAL = 0.3  # of the kernel's norm: what is further away is not called by that name


def chance_of(residual: float, taps: int, free: int, tried: int) -> float:
    """Return the share of random kernels with as small a residual to one of `tried` others.

    A random kernel's direction is even over the sphere of `taps` axes, so the square of its
    residual to a plane of `free` axes has a beta distribution; trials are taken as separate, which
    states too much rather than too little.

    >>> round(chance_of(0.5, 9, 1, 1), 4)
    0.0012
    """
    from scipy.special import betainc

    if taps <= free:
        return 1.0 if residual > 1e-9 else 0.0
    alone = float(betainc((taps - free) / 2, free / 2, min(1.0, residual**2)))
    return min(1.0, alone * tried)


def worth_a_name(residual: float, chance: float) -> bool:
    """Tell whether a match is near enough, and nearer than chance brings one."""
    return residual <= MOST_RESIDUAL and chance <= MOST_CHANCE
