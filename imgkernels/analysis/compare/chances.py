"""What random kernels show, and what stays significant among many tests.

A random kernel has independent normal taps, so its direction is even over the sphere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imgkernels.taps import Taps

LEVEL = 0.05  # of what is called found, how much may be chance


@dataclass(frozen=True)
class Evidence:
    """A number, what random kernels have on average, and how often they are as far from it.

    Of a kernel that is as much or more, of a layer's shares to either side; the makers say so.
    `q` is the p-value after the correction for all tests of its family.
    """

    value: float
    by_chance: float
    p: float
    q: float = math.nan

    @property
    def found(self) -> bool:
        """Whether it is more than chance."""
        return self.q <= LEVEL

    @property
    def more(self) -> bool:
        """Whether it is found, and above chance."""
        return self.found and self.value > self.by_chance


def tail_of_share(share: float, dims: int, taps: int) -> float:
    """Return how often a random kernel has such a share of its energy in so many dimensions.

    >>> round(tail_of_share(0.9, 4, 9), 5)
    0.00467
    """
    from scipy.special import betainc

    if not 0 < dims < taps:
        return 1.0
    return float(betainc((taps - dims) / 2, dims / 2, min(1.0, max(0.0, 1 - share))))


def of_mean(values: Taps, by_chance: float, random: Taps) -> Evidence:
    """Hold the mean share of a layer's kernels against chance, to either side.

    `random` are shares of the same weights in other places, which say how widely shares spread
    for weights like these. The mean of several is taken to be beta-distributed, as one is.
    """
    from scipy.special import betainc

    mean = float(values.mean()) if len(values) else math.nan
    spread = float(((random - by_chance) ** 2).mean()) / len(values) if len(values) else 0.0
    if spread == 0:
        return Evidence(mean, by_chance, 1.0)
    both = by_chance * (1 - by_chance) / spread - 1
    a, b = by_chance * both, (1 - by_chance) * both
    less, more = float(betainc(a, b, mean)), float(betainc(b, a, 1 - mean))
    return Evidence(mean, by_chance, min(1.0, 2 * min(less, more)))


def of_ranks(values: Sequence[float], random: Sequence[float]) -> Evidence:
    """Hold values against those of random kernels, upwards, by the rank sum of Mann and Whitney.

    Value and chance are the medians.
    """
    from scipy.special import ndtr

    if not len(values) or not len(random):
        return Evidence(math.nan, math.nan, 1.0)
    a, b = np.asarray(values, np.float64), np.sort(random)
    below = np.searchsorted(b, a, "left") + np.searchsorted(b, a, "right")
    wins, pairs = float(below.sum()) / 2, len(a) * len(b)
    spread = math.sqrt(pairs * (len(a) + len(b) + 1) / 12)
    p = float(ndtr((pairs / 2 - wins) / spread))
    return Evidence(float(np.median(a)), float(np.median(b)), p)


def false_discovery(p: Sequence[float]) -> list[float]:
    """Return p-values corrected so that of those up to a level that share is false, on average.

    Source: Benjamini and Hochberg, Controlling the false discovery rate, 1995.

    >>> false_discovery([0.25, 0.5, 0.0625])
    [0.375, 0.5, 0.1875]
    """
    order = np.argsort(p)
    raw = np.asarray(p, np.float64)[order] * len(order) / np.arange(1, len(order) + 1)
    q = np.empty(len(order))
    q[order] = np.minimum.accumulate(raw[::-1])[::-1] if len(order) else raw
    found: list[float] = q.clip(max=1.0).tolist()
    return found


def any_false(p: Sequence[float]) -> list[float]:
    """Return p-values corrected so that one false among those up to a level is that rare.

    Source: Holm, A simple sequentially rejective multiple test procedure, 1979.

    >>> any_false([0.25, 0.5, 0.0625])
    [0.5, 0.5, 0.1875]
    """
    order = np.argsort(p)
    raw = np.asarray(p, np.float64)[order] * np.arange(len(order), 0, -1)
    q = np.empty(len(order))
    q[order] = np.maximum.accumulate(raw) if len(order) else raw
    found: list[float] = q.clip(max=1.0).tolist()
    return found
