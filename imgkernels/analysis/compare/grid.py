"""Gabors, derivatives and differences of Gaussians of many sizes laid on many kernels at once.

What `identify` fits one kernel at a time is looked up here first: each shape of the grid spans a
few directions of the window, and the share of a kernel in them says how near it comes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from imgkernels.analysis.identify import fits
from imgkernels.analysis.identify.chance import chance_of
from imgkernels.taps import Taps

_LEAST_TAPS = 25  # of a window: in fewer, any shape fits
_AT_ONCE = 256  # kernels
_WIDTHS, _WAVES = 7, 6
_DIRECTIONS = 12
_FLATNESS = (0.5, 1.0)  # Gabors' width along the wave over that across
_RATIOS = (0.3, 0.75, 1.75)  # what a difference's wider bell is wider than 1.05 times


@dataclass(frozen=True, eq=False)
class Near:
    """The nearest shape of the grid: which, from where to fit it closely, and by what chance.

    `taps` are what it looks like at its best in the kernel's window.
    """

    shape: str
    start: tuple[float, ...]
    residual: float
    chance: float
    taps: Taps


@dataclass(frozen=True, eq=False)
class _Family:
    """Shapes of one kind: their parameters, and an orthonormal basis of each, (n, free, taps)."""

    shape: str
    starts: tuple[tuple[float, ...], ...]
    bases: Taps


def fits_in(shape: tuple[int, ...]) -> bool:
    """Tell whether a window is wide enough for shapes with parameters to mean something."""
    return len(shape) == 2 and math.prod(shape) >= _LEAST_TAPS and min(shape) >= 3


def nearest(rows: Taps, shape: tuple[int, ...]) -> list[Near]:
    """Return the nearest shape for each kernel of a window that fits, one a row."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1)
    families = _families(shape)
    tried = sum(len(family.starts) for family in families)
    found: dict[int, Near] = {}
    for first, family in itertools.product(range(0, len(rows), _AT_ONCE), families):
        _, free, taps = family.bases.shape
        parts = np.tensordot(units[first : first + _AT_ONCE], family.bases, (1, 2))
        cosines = (parts**2).sum(axis=2)
        for i, best in enumerate(cosines.argmax(axis=1).tolist(), start=first):
            residual = math.sqrt(max(0.0, 1 - float(cosines[i - first, best])))
            chance = chance_of(residual, taps, free, tried)
            known = found.get(i)
            if known is None or (chance, residual) < (known.chance, known.residual):
                laid = norms[i] * (parts[i - first, best] @ family.bases[best])
                start = family.starts[best]
                found[i] = Near(family.shape, start, residual, chance, laid.reshape(shape))
    return [found[i] for i in range(len(rows))]


@lru_cache(16)
def _families(shape: tuple[int, ...]) -> tuple[_Family, ...]:
    return tuple(_family(*kind, shape) for kind in _kinds(shape))


def _kinds(
    shape: tuple[int, ...],
) -> Iterator[tuple[str, fits.BasisAt, tuple[tuple[float, ...], ...]]]:
    side = max(shape)
    widths = np.geomspace(0.6, side / 2, _WIDTHS).tolist()
    waves = (1 / np.geomspace(2.2, 1.5 * side, _WAVES)).tolist()
    turns = [math.pi * i / _DIRECTIONS for i in range(_DIRECTIONS)]
    alone = tuple((width,) for width in widths)
    yield "gaussian", fits.gaussian_basis, alone
    yield "first derivative", fits.first_basis, alone
    yield "second derivative", fits.second_basis, alone
    yield (
        "difference of gaussians",
        fits.difference_basis,
        tuple(itertools.product(widths, _RATIOS)),
    )
    yield "gabor", fits.gabor_basis, tuple(itertools.product(widths, _FLATNESS, turns, waves))


def _family(
    name: str, basis: fits.BasisAt, starts: tuple[tuple[float, ...], ...], shape: tuple[int, ...]
) -> _Family:
    at = partial(basis, fits.places_of(shape))
    columns = np.stack([at(np.asarray(start)) for start in starts])
    columns = columns / np.linalg.norm(columns, axis=1, keepdims=True).clip(min=1e-12)
    spans, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    spans = spans * (sizes > 1e-6)[:, np.newaxis, :]  # directions that two columns share once
    return _Family(name, starts, np.moveaxis(spans, 1, 2))
