"""What was found out about a layer as a whole, from all of its kernels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.analysis.compare import quality
from imgkernels.analysis.compare.banks import Bank
from imgkernels.analysis.compare.chances import Evidence, any_false, of_mean, of_ranks
from imgkernels.analysis.compare.colour import pattern
from imgkernels.analysis.compare.subspaces import BLOB, NAMES, bases, shares
from imgkernels.taps import Taps

_SHUFFLED = 4096  # kernels that say how widely shares spread
_SEED = 4


@dataclass(frozen=True, eq=False)
class LayerFinding:
    """A convolution: how its kernels share their energy, how many are dead, alike or redundant.

    `shares` are means over all kernels that are not dead, `blob` being Laplacian and mean
    together: what is the same in all directions. `likeness` is the median cosine of those looked
    at to their best names. `entropy_ratio` is that to the least of the
    paper's random 3 x 3 kernels, 1 or more for random ones; NaN for other windows.
    """

    layer: str
    window: tuple[int, ...]
    filters: int
    channels: int
    kernels: int
    looked: int
    norm: float
    likeness: Evidence
    shares: dict[str, Evidence]
    sparsity: Evidence
    entropy: Evidence
    entropy_ratio: float
    dead: tuple[int, ...]
    twins: quality.Twins

    def evidence(self) -> Iterator[Evidence]:
        """Yield what is tested about it."""
        yield self.likeness
        yield from self.shares.values()
        yield self.sparsity
        yield self.entropy

    def judged(self, q: Iterator[float]) -> LayerFinding:
        """Return it with the corrected p-values, in the order of `evidence`."""
        return replace(
            self,
            likeness=replace(self.likeness, q=next(q)),
            shares={name: replace(share, q=next(q)) for name, share in self.shares.items()},
            sparsity=replace(self.sparsity, q=next(q)),
            entropy=replace(self.entropy, q=next(q)),
        )


def look(bank: Bank, cosines: Sequence[float], random: Sequence[float]) -> LayerFinding:
    """Measure a convolution; `cosines` are those of the kernels that were looked at one by one.

    `random` are the cosines that random kernels have to their best names.
    """
    slices = bank.slices
    dead = quality.dead(bank.filters)
    entropy = quality.variance_entropy(slices)
    three = bank.window == (3, 3) and len(slices) > 1
    return LayerFinding(
        bank.layer,
        bank.window,
        len(bank.filters),
        bank.channels,
        bank.patterns,
        len(cosines),
        float(np.median(np.linalg.norm(slices, axis=1))),
        of_ranks([c for c in cosines if c > 0], random),
        energy(bank),
        quality.sparsity(slices),
        entropy,
        entropy.value / quality.threshold(len(slices)) if three else float("nan"),
        dead,
        quality.twins(bank.filters, dead),
    )


def judge_layers(layers: Sequence[LayerFinding]) -> tuple[LayerFinding, ...]:
    """Correct the p-values of all layers of a file together, so that none is false."""
    q = iter(any_false([e.p for layer in layers for e in layer.evidence()]))
    return tuple(layer.judged(q) for layer in layers)


def energy(bank: Bank) -> dict[str, Evidence]:
    """Return the mean shares of the energy of a convolution's kernels that are not dead."""
    rows = bank.slices
    if bank.coloured:
        rows = np.stack([pattern(kernel).ravel() for kernel in bank.filters])
    sizes = np.abs(rows).max(axis=1)
    rows = rows[(sizes >= quality.SPARSE * sizes.max()) & (sizes > 0)]
    taps = rows.shape[1]
    dims = {name: len(basis) for name, basis in bases(bank.window).items()}
    found, random = (_with_blob(shares(x, bank.window)) for x in (rows, _shuffled(rows)))
    sizes_of = {**dims, "blob": sum(dims[name] for name in BLOB)}
    return {
        name: of_mean(found[name], sizes_of[name] / taps, random[name]) for name in (*NAMES, "blob")
    }


def _with_blob(found: dict[str, Taps]) -> dict[str, Taps]:
    return found | {"blob": sum((found[name] for name in BLOB), np.zeros(len(found["mean"])))}


def _shuffled(rows: Taps) -> Taps:
    """Return kernels of the same weights in other places and with other signs, seeded."""
    rng = np.random.default_rng(_SEED)
    many = np.resize(rows, (_SHUFFLED, rows.shape[1]))
    mixed: Taps = rng.permuted(many, axis=1) * rng.choice([-1.0, 1.0], many.shape)
    return mixed
