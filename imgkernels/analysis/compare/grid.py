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
_NARROWEST, _WIDTHS, _WAVES = 0.45, 8, 6
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


def nearest(rows: Taps, shape: tuple[int, ...]) -> list[list[Near]]:
    """Return the nearest shape of each kind for each kernel of a window that fits, one a row.

    The least likely by chance is first.
    """
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = rows / np.where(norms > 0, norms, 1)
    tried = sum(len(family.starts) for family in _families(shape))
    found: list[list[Near]] = [[] for _ in rows]
    for first, family in itertools.product(range(0, len(rows), _AT_ONCE), _families(shape)):
        parts = np.tensordot(units[first : first + _AT_ONCE], family.bases, (1, 2))
        cosines = (parts**2).sum(axis=2)
        for i, best in enumerate(cosines.argmax(axis=1).tolist()):
            residual = math.sqrt(max(0.0, 1 - float(cosines[i, best])))
            laid = norms[first + i] * (parts[i, best] @ family.bases[best])
            chance = chance_of(residual, rows.shape[1], family.bases.shape[1], tried)
            near = Near(family.shape, family.starts[best], residual, chance, laid.reshape(shape))
            found[first + i].append(near)
    return [sorted(each, key=lambda near: (near.chance, near.residual)) for each in found]


@lru_cache(16)
def _families(shape: tuple[int, ...]) -> tuple[_Family, ...]:
    return tuple(_family(*kind, shape) for kind in _kinds(shape))


def _kinds(
    shape: tuple[int, ...],
) -> Iterator[tuple[str, fits.BasisAt, tuple[tuple[float, ...], ...]]]:
    side = max(shape)
    widths = np.geomspace(_NARROWEST, side / 2, _WIDTHS).tolist()
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
