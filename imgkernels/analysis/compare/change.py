"""What became of each kernel in training, and what training added to a layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.analysis.compare.banks import Bank, Spot
from imgkernels.analysis.compare.chances import Evidence, any_false
from imgkernels.analysis.compare.finding import Finding, Kind, Side
from imgkernels.analysis.compare.layer import energy

KEPT = 0.9  # the cosine from which weights count as kept


@dataclass(frozen=True)
class Change:
    """A kernel before and after: likeness of its weights, growth of their norm, what it was.

    `cosine` and `growth` are NaN where one of the two is 0.
    """

    spot: Spot
    cosine: float
    growth: float
    was: Kind
    was_word: str
    became: Kind
    became_word: str


@dataclass(frozen=True)
class LayerChange:
    """A layer before and after: medians over its kernels that were looked at.

    `kept` of `looked` have a cosine of 0.9 or more to what they were; of `noise` that were noise,
    `risen` became more than chance. `added` are the mean shares of the energy of the weights
    after less those before: what was learned, whatever it began with.
    """

    layer: str
    looked: int
    cosine: float
    kept: int
    growth: float
    noise: int
    risen: int
    added: dict[str, Evidence]


def changes(before: Side, after: Side) -> Iterator[Change]:
    """Yield the change of each kernel that both sides have."""
    old = {finding.spot: finding for finding in before.findings}
    for new in after.findings:
        if new.spot in old:
            yield _change(old[new.spot], new)


def layer_changes(
    pairs: Sequence[tuple[Bank, Bank]], kernels: Sequence[Change]
) -> tuple[LayerChange, ...]:
    """Return the change of each layer, before and after; its p-values are corrected by Holm."""
    added = [energy(Bank(new.layer, new.filters - old.filters)) for old, new in pairs]
    q = iter(any_false([e.p for shares in added for e in shares.values()]))
    found = []
    for (_, bank), shares in zip(pairs, added, strict=True):
        here = [change for change in kernels if change.spot.layer == bank.layer]
        judged = {name: replace(share, q=next(q)) for name, share in shares.items()}
        found.append(_layer_change(bank.layer, here, judged))
    return tuple(found)


def _layer_change(layer: str, here: Sequence[Change], added: dict[str, Evidence]) -> LayerChange:
    cosines = [change.cosine for change in here if not math.isnan(change.cosine)]
    growths = [change.growth for change in here if not math.isnan(change.growth)]
    noise = [change for change in here if change.was == "noise"]
    return LayerChange(
        layer,
        len(here),
        float(np.median(cosines)) if cosines else math.nan,
        sum(cosine >= KEPT for cosine in cosines),
        float(np.median(growths)) if growths else math.nan,
        len(noise),
        sum(change.became in ("known", "shaped") for change in noise),
        added,
    )


def _change(old: Finding, new: Finding) -> Change:
    product = old.norm * new.norm
    cosine = float((old.taps * new.taps).sum()) / product if product else math.nan
    return Change(
        new.spot,
        float(np.clip(cosine, -1, 1)),
        new.norm / old.norm if old.norm else math.nan,
        old.kind,
        old.word,
        new.kind,
        new.word,
    )
