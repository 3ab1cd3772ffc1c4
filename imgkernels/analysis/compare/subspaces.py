"""Frei and Chen's subspaces of a window: mean, Laplacian, edge and line, for any size.

Their nine masks span four subspaces of all 3 x 3 windows. The same four are spanned, for any sizes
and one to three axes, by polynomials t of degree 0 to 3 under a bell b, taken in this order, each
without what those before it span:

    mean 1,  Laplacian b and |t|^2 b,  edge t and |t|^2 t times b,  line: the other squares times b

For 3 x 3 they are Frei and Chen's whatever the bell; wider windows leave a rest beyond degree 3.
Source: Frei and Chen, Fast boundary detection: a generalization and a new algorithm, 1977.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, pairwise

import numpy as np

from imgkernels.analysis.compare.chances import Evidence, tail_of_share
from imgkernels.analysis.identify.fits import places_of
from imgkernels.taps import Taps

NAMES = ("edge", "line", "laplacian", "mean")
BLOB = ("laplacian", "mean")  # what is the same in all directions: spots, rings and flat windows
_BELL = 4  # the bell's sigma is the window's side over this
_SPANNED = 1e-9


@lru_cache(64)
def bases(shape: tuple[int, ...]) -> dict[str, Taps]:
    """Return an orthonormal basis of each subspace, one row a direction; some may have no row."""
    known = np.zeros((0, int(np.prod(shape))))
    found = {}
    for name, vectors in _spanning(shape):
        rows = np.asarray(vectors).reshape(-1, known.shape[1])
        rest = rows - rows @ known.T @ known
        _, sizes, axes = np.linalg.svd(rest, full_matrices=False)
        found[name] = axes[sizes > _SPANNED * max(1.0, float(np.abs(rows).max(initial=0.0)))]
        known = np.concatenate([known, found[name]])
    return found


def shares(rows: Taps, shape: tuple[int, ...]) -> dict[str, Taps]:
    """Return the share of each kernel's energy (its squares) in each subspace, one row a kernel."""
    energy = (rows**2).sum(axis=1)
    energy[energy == 0] = 1.0
    return {name: ((rows @ b.T) ** 2).sum(axis=1) / energy for name, b in bases(shape).items()}


def evidence_of_share(share: float, name: str, shape: tuple[int, ...]) -> Evidence:
    """Hold a kernel's share against those of random kernels, which have a beta distribution."""
    dims, taps = len(bases(shape)[name]), int(np.prod(shape))
    return Evidence(share, dims / taps, tail_of_share(share, dims, taps))


def _spanning(shape: tuple[int, ...]) -> Iterator[tuple[str, list[Taps]]]:
    places = [row for row, n in zip(places_of(shape), shape, strict=True) if n > 1]
    sides = [n for n in shape if n > 1]
    bell = np.exp(-sum((t * _BELL / n) ** 2 for t, n in zip(places, sides, strict=True)) / 2)
    square = sum((t**2 for t in places), np.zeros_like(bell))
    yield "mean", [np.ones_like(bell)]
    yield "laplacian", [bell, square * bell]
    yield "edge", [t * bell for t in places] + [square * t * bell for t in places]
    mixed = [a * b * bell for a, b in combinations(places, 2)]
    yield "line", [*mixed, *((a**2 - b**2) * bell for a, b in pairwise(places))]
