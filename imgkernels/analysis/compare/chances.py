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

    >>> round(tail_of_share(0.9, 4, 9), 4)
    0.0103
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


def false_discovery(families: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return corrected p-values of several tests on each of many things, one family a thing.

    Of the things with any up to a level, that share is false on average: each p-value is
    multiplied by the number of tests of its family (Bonferroni), and the least of the families
    are corrected together.
    Source: Benjamini and Hochberg, Controlling the false discovery rate, 1995.

    >>> false_discovery([[0.25], [0.5], [0.0625]])
    [[0.375], [0.5], [0.1875]]
    >>> false_discovery([[0.5, 0.0625], [1.0, 0.125]])
    [[1.0, 0.25], [1.0, 0.25]]
    """
    scaled = [[min(1.0, p * len(family)) for p in family] for family in families]
    least = np.sort([min(family) for family in scaled])
    steps = least * len(least) / np.arange(1, len(least) + 1)
    ahead = np.append(np.minimum.accumulate(steps[::-1])[::-1], 1.0)

    def corrected(p: float) -> float:
        rank = int(np.searchsorted(least, p, "right"))
        own = p * len(least) / max(1, rank)
        return float(min(1.0, own, ahead[int(np.searchsorted(least, p, "left"))]))

    return [[corrected(p) for p in family] for family in scaled]


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
