"""The best names of many kernels of one window, and how near random ones come to a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from imgkernels.analysis.compare.chances import Evidence
from imgkernels.analysis.compare.grid import Near, fits_in, nearest
from imgkernels.analysis.compare.names import Catalogue, Name, Others, of_shape
from imgkernels.analysis.identify.chance import MOST_CHANCE
from imgkernels.analysis.identify.fits import refined
from imgkernels.kernel import Kernel

_RANDOM = 199  # kernels that say what likeness comes by chance
_SEED = 3
_MOST_FITS = 100  # kernels of one window; the others keep what the grid says

Window = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Likeness:
    """Kernels held against what is known, and random kernels too, once for each window."""

    reference: Catalogue | Others
    _random: dict[Window, tuple[float, ...]] = field(default_factory=dict)

    def names(self, kernels: Sequence[Kernel]) -> list[tuple[Name, ...]]:
        """Return the names of each kernel of one window, the one it should have first."""
        if not kernels:
            return []
        shapes: list[list[Near]] = [[] for _ in kernels]
        if self._takes_shapes(kernels[0].shape):
            shapes = nearest(np.stack([k.taps.ravel() for k in kernels]), kernels[0].shape)
        worth = sorted((near[0].chance, i) for i, near in enumerate(shapes) if near)
        closely = {i for chance, i in worth[:_MOST_FITS] if chance <= MOST_CHANCE}
        return [
            _ranked(kernel, self.reference.near(kernel), near, i in closely)
            for i, (kernel, near) in enumerate(zip(kernels, shapes, strict=True))
        ]

    def evidence(self, names: tuple[Name, ...], window: Window) -> Evidence:
        """Hold the best name's likeness against what random kernels have to theirs."""
        if not names:
            return Evidence(0.0, 0.0, 1.0)
        kinds = 2 if self._takes_shapes(window) else 1  # the catalogue, and shapes with parameters
        p = min(1.0, kinds * min(name.chance for name in names))
        return Evidence(abs(names[0].cosine), float(np.median(self.random(window))), p)

    def random(self, window: Window) -> tuple[float, ...]:
        """Return the likeness that random kernels of a window have to their best names, seeded."""
        if window not in self._random:
            rng = np.random.default_rng(_SEED)
            named = self.names([Kernel(rng.normal(size=window)) for _ in range(_RANDOM)])
            self._random[window] = tuple(abs(names[0].cosine) for names in named if names)
        return self._random[window]

    def _takes_shapes(self, window: Window) -> bool:
        return isinstance(self.reference, Catalogue) and fits_in(window)


def _ranked(
    kernel: Kernel, known: tuple[Name, ...], shapes: Sequence[Near], closely: bool
) -> tuple[Name, ...]:
    """Return names of the catalogue and the best shape, the one that should be said first.

    Of what is more than chance that is the one which leaves little with few values chosen.
    """
    if not shapes:
        return known
    worth = [near for near in shapes if closely and near.chance <= MOST_CHANCE]
    fitted = [name for near in worth if (name := _fitted(near, kernel)) is not None]
    shape = min(fitted or [_unfitted(shapes[0])], key=lambda name: name.score(kernel.size))
    if not known:
        return (shape,)
    first = known[0]
    if max(first.chance, shape.chance) <= MOST_CHANCE:
        before = shape.score(kernel.size) < first.score(kernel.size)
    else:
        before = shape.chance < first.chance
    return (shape, *known) if before else (first, shape, *known[1:])


def _fitted(near: Near, kernel: Kernel) -> Name | None:
    found = refined(kernel, near.shape, near.start)
    return None if found is None else of_shape(found, near.chance, kernel)


def _unfitted(near: Near) -> Name:
    """Return a shape as it lies in the grid: its values would say more than is known."""
    cosine, free = float(np.sqrt(1 - near.residual**2)), len(near.start) + 1
    return Name(near.shape, cosine, near.residual, near.chance, free, near.taps)
