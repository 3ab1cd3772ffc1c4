"""How well a layer uses its kernels: sparsity and variance entropy, dead filters, twins.

Source: Gavrikov and Keuper, CNN Filter DB: an empirical investigation of trained convolutional
filters, 2022; the numbers are those of its torchconvquality, for windows of any size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from imgkernels.analysis.compare.chances import Evidence
from imgkernels.taps import Taps

SPARSE = 0.01  # of the layer's largest weight: a kernel below it adds nothing
TWINS = 0.98  # the cosine from which two filters are called near-duplicates, either sign
_DRAWS = ((16, 1999), (64, 499), (1024, 99))  # random layers for windows of up to so many taps
_MOST_PAIRED = 4096  # filters between which twins are sought
_MOST_NAMED = 20
_LEAST_P = 1e-6
_SEED = 2


@dataclass(frozen=True)
class Twins:
    """Near-duplicate filters of a layer: the first pairs with their cosines, most alike first.

    `by_chance` is how many pairs random filters would have.
    """

    count: int
    by_chance: float
    pairs: tuple[tuple[int, int, float], ...]


def sparsity(slices: Taps) -> Evidence:
    """Return the share of kernels whose weights are all below 1 % of the layer's largest."""
    from scipy.special import bdtrc, erf

    count, taps = slices.shape
    most = float(np.abs(slices).max())
    if most == 0:
        return Evidence(1.0, 0.0, 0.0)
    found = int((np.abs(slices).max(axis=1) < SPARSE * most).sum())
    spread = float(np.sqrt(((slices / most) ** 2).mean()))
    one = float(erf(SPARSE / spread / math.sqrt(2)) ** taps)  # for normal weights
    return Evidence(found / count, one, float(bdtrc(found - 1, count, one)) if found else 1.0)


def variance_entropy(slices: Taps) -> Evidence:
    """Return how evenly the variance of a layer's kernels is spread over directions.

    The entropy, to base 10, of the shares of variance along their principal axes: low where few
    patterns make up all kernels. p says how often random kernels have as little: what they lack
    to the most there can be is nearly gamma-distributed, which is trusted down to 1e-6. NaN for
    one.
    """
    from scipy.special import gammaincc

    count, taps = slices.shape
    if count < 2:
        return Evidence(math.nan, math.nan, 1.0)
    scale = float(np.abs(slices).max()) or 1.0
    centred = slices / scale
    centred = centred - centred.mean(axis=0)
    small = centred.T @ centred if count > taps else centred @ centred.T
    value = _entropy(np.linalg.eigvalsh(small))
    most = math.log10(min(count - 1, taps)) + 1e-12
    lacking = most - np.asarray(_random_entropies(count, taps))
    mean, spread = float(lacking.mean()), float(lacking.var())
    if spread == 0:  # two kernels have one direction
        return Evidence(value, most - mean, 1.0)
    p = float(gammaincc(mean**2 / spread, max(0.0, most - value) * mean / spread))
    return Evidence(value, most - mean, max(_LEAST_P, p))


def threshold(count: int) -> float:
    """Return the least entropy that so many random 3 x 3 kernels have, by the paper's fit."""
    return 1.2618047 / (1 + math.exp(-0.88767525 * (math.log2(count) - 2.30436435))) - 0.31050834


def dead(filters: Taps) -> tuple[int, ...]:
    """Return the filters all of whose weights are below 1 % of the layer's largest."""
    sizes = np.abs(filters).reshape(len(filters), -1).max(axis=1)
    most = float(sizes.max())
    return tuple(np.flatnonzero((sizes < SPARSE * most) | (sizes == 0)).tolist())


def twins(filters: Taps, without: tuple[int, ...]) -> Twins:
    """Return the pairs of filters that are nearly a multiple of each other, dead ones aside."""
    from scipy.special import betainc

    alive = np.setdiff1d(np.arange(len(filters)), without)[:_MOST_PAIRED]
    if len(alive) < 2:
        return Twins(0, 0.0, ())
    rows = filters[alive].reshape(len(alive), -1)
    rows = rows / np.abs(rows).max(axis=1, keepdims=True)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = np.triu(units @ units.T, 1)
    places = np.argwhere(np.abs(cosines) >= TWINS)
    ranked = sorted((-abs(float(cosines[i, j])), int(i), int(j)) for i, j in places)
    pairs = tuple(
        (int(alive[i]), int(alive[j]), float(cosines[i, j])) for _, i, j in ranked[:_MOST_NAMED]
    )
    chance = float(betainc((rows.shape[1] - 1) / 2, 0.5, 1 - TWINS**2))
    return Twins(len(places), chance * len(alive) * (len(alive) - 1) / 2, pairs)


@lru_cache(256)
def _random_entropies(count: int, taps: int) -> tuple[float, ...]:
    """Return the entropies of random layers of so many kernels, seeded."""
    rng = np.random.default_rng(_SEED)
    draws = next(draws for most, draws in _DRAWS if taps <= most)
    return tuple(_entropy(_random_variances(rng, count - 1, taps)) for _ in range(draws))


def _random_variances(rng: np.random.Generator, free: int, taps: int) -> Taps:
    """Draw the principal variances of random kernels, `free` one less than their number.

    The triangle is Bartlett's: as good as any number of kernels.
    """
    if free < taps:
        drawn = rng.normal(size=(free, taps))
        return np.asarray(np.linalg.eigvalsh(drawn @ drawn.T))
    root = np.tril(rng.normal(size=(taps, taps)), -1)
    root[np.diag_indices(taps)] = np.sqrt(rng.chisquare(free - np.arange(taps)))
    return np.asarray(np.linalg.eigvalsh(root @ root.T))


def _entropy(variances: Taps) -> float:
    total = float(variances.clip(min=0).sum())
    if total == 0:
        return 0.0
    shares = variances.clip(min=0) / total
    shares = shares[shares > 0]
    return float(-(shares * np.log10(shares)).sum())
