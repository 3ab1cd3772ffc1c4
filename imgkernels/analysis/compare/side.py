"""One file looked at: each of its kernels, and its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from imgkernels.analysis.compare import quality
from imgkernels.analysis.compare.banks import Bank, Spot, kernels_of
from imgkernels.analysis.compare.colour import colours
from imgkernels.analysis.compare.finding import Finding, Side, judge
from imgkernels.analysis.compare.layer import judge_layers, look
from imgkernels.analysis.compare.likeness import Likeness
from imgkernels.analysis.compare.subspaces import evidence_of_share, shares
from imgkernels.kernel import Kernel


def side_of(
    name: str, banks: Sequence[Bank], spots: Mapping[str, Sequence[Spot]], likeness: Likeness
) -> Side:
    """Look at some kernels of each layer of a file, and at the layers as wholes."""
    found = {b.layer: list(_findings(b, spots[b.layer], likeness)) for b in banks}
    layers = [
        look(
            bank,
            [finding.likeness.value for finding in found[bank.layer]],
            likeness.random(bank.window),
        )
        for bank in banks
    ]
    return Side(name, judge_layers(layers), judge([f for each in found.values() for f in each]))


def _findings(bank: Bank, spots: Sequence[Spot], likeness: Likeness) -> Iterator[Finding]:
    """Look at the kernels of a layer; the p-values are not corrected yet."""
    patterns = kernels_of(bank, spots)
    limit = quality.SPARSE * float(np.abs(bank.filters).max())
    alive = [bool(np.abs(taps).max() >= limit and np.abs(taps).max() > 0) for taps in patterns]
    kernels = [Kernel(taps) for taps in patterns]
    named = iter(likeness.names([k for k, lives in zip(kernels, alive, strict=True) if lives]))
    rows = np.stack([taps.ravel() for taps in patterns])
    energies = shares(rows, bank.window)
    for i, (spot, kernel, lives) in enumerate(zip(spots, kernels, alive, strict=True)):
        taps = bank.filters[spot.filter]
        taps = taps if spot.channel is None else taps[..., spot.channel]
        near = next(named) if lives else ()
        yield Finding(
            spot,
            taps,
            kernel,
            float(np.linalg.norm(taps)),
            not lives,
            near,
            likeness.evidence(near, bank.window),
            {n: evidence_of_share(float(e[i]), n, bank.window) for n, e in energies.items()},
            colours(taps) if spot.channel is None and lives else None,
        )
