"""Small whole numbers over a divisor that the pictures cannot tell from the best taps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.analysis.design.moments import Moments
from imgkernels.analysis.design.solve import Solution, excess
from imgkernels.taps import Taps

MOST_DIVISOR = 1024
_SAME = 1e-6  # of the largest tap: what the digits of a float picture leave


@dataclass(frozen=True)
class Snapped:
    """Whole numbers over a divisor: `whole / divisor` are the taps."""

    whole: Taps
    divisor: int

    @property
    def taps(self) -> Taps:
        """The taps themselves."""
        return self.whole / self.divisor


def snapped(moments: Moments, solution: Solution) -> Snapped | None:
    """Return the taps over the smallest divisor that explain the pictures as well; None for none.

    As well: every tap within twice its confidence, or a millionth of the largest tap, and the
    sum of squares no further above its least than chance brings it once in a thousand times, or
    a millionth of the answer's contrast.
    """
    free = solution.taps
    scale = float(np.abs(free).max())
    slack = np.maximum(2 * solution.confidence, _SAME * scale)  # for all taps at once
    if scale == 0 or not np.isfinite(slack).all():
        return None
    chance = solution.noise**2 * _rarely_above(solution.free)
    most = max(chance, _SAME**2 * excess(moments, free, np.zeros_like(free)))
    for divisor in range(1, MOST_DIVISOR + 1):
        whole = np.rint(free * divisor) + 0.0  # no negative zeros
        near = bool((np.abs(whole / divisor - free) <= slack).all())
        if near and excess(moments, whole / divisor, free) <= most:
            return Snapped(whole, divisor)
    return None


def _rarely_above(freedom: int) -> float:
    """Return what a chi-square sum exceeds once in a thousand times (Wilson and Hilferty, 1931)."""
    spread = 2 / (9 * max(1, freedom))
    return float(max(1, freedom) * (1 - spread + 3.09 * spread**0.5) ** 3)
