"""The best names of many kernels of one window, and how near random ones come to a name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from imgkernels.analysis.compare.chances import Evidence
from imgkernels.analysis.compare.grid import Near, nearest
from imgkernels.analysis.compare.names import Catalogue, Name, Reference, of_shape
from imgkernels.analysis.identify.chance import MOST_CHANCE, MOST_RESIDUAL
from imgkernels.analysis.identify.fits import refined
from imgkernels.analysis.identify.verb import CLEARLY
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

_RANDOM = 199  # kernels that say what likeness comes by chance
_SEED = 3
_MOST_FITS = 100  # of one window; the others keep what the grid says


def names_of(kernels: Sequence[Kernel], reference: Reference) -> list[tuple[Name, ...]]:
    """Return the names of each kernel of one window, the one it should have first."""
    shapes: list[Near | None] = [None] * len(kernels)
    if isinstance(reference, Catalogue) and kernels:
        shapes = nearest(np.stack([k.taps.ravel() for k in kernels]), kernels[0].shape)
    worth = sorted(
        (near.chance, i) for i, near in enumerate(shapes) if near is not None
    )[:_MOST_FITS]  # fmt: skip
    fitted = {i for chance, i in worth if chance <= MOST_CHANCE}
    return [
        _ranked(reference.near(kernel), near and _shape(near, kernel, i in fitted))
        for i, (kernel, near) in enumerate(zip(kernels, shapes, strict=True))
    ]


def evidence_of(names: tuple[Name, ...], reference: Reference, shape: tuple[int, ...]) -> Evidence:
    """Hold the best name's likeness against what random kernels have to theirs."""
    if not names:
        return Evidence(0.0, 0.0, 1.0)
    kinds = 2 if nearest(np.ones((1, int(np.prod(shape)))), shape)[0] else 1
    best = min(name.chance for name in names)
    usual = float(np.median(random_cosines(reference, shape)))
    return Evidence(abs(names[0].cosine), usual, min(1.0, kinds * best))


@lru_cache(64)
def random_cosines(reference: Reference, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return the likeness that random kernels of a window have to their best names, seeded."""
    rng = np.random.default_rng(_SEED)
    kernels = [Kernel(rng.normal(size=shape)) for _ in range(_RANDOM)]
    named = names_of(kernels, reference)
    return tuple(abs(names[0].cosine) for names in named if names)


def _shape(near: Near, kernel: Kernel, closely: bool) -> Name:
    found = refined(kernel, near.shape, near.start) if closely else None
    if found is None:
        cosine = float(np.sqrt(1 - near.residual**2))
        return Name(near.shape, cosine, near.residual, near.chance, np.zeros(kernel.shape))
    return of_shape(found, near.chance, kernel)


def _ranked(known: tuple[Name, ...], shape: Name | None) -> tuple[Name, ...]:
    """Put a shape before the catalogue's names where it is the better one, else after the first.

    A kernel of the catalogue that is near keeps its name unless a shape is clearly nearer.
    """
    if shape is None or not known:
        return known if shape is None else (shape,)
    first = known[0]
    named = first.residual <= MOST_RESIDUAL and first.chance <= MOST_CHANCE
    if named:
        before = shape.residual * CLEARLY < first.residual
    else:
        before = shape.chance < first.chance
    return (shape, *known) if before else (first, shape, *known[1:])
