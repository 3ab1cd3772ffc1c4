"""What became of each kernel in training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from imgkernels.analysis.compare.banks import Spot
from imgkernels.analysis.compare.finding import Finding, Kind, Side


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


def changes(before: Side, after: Side) -> Iterator[Change]:
    """Yield the change of each kernel that both sides have."""
    old = {finding.spot: finding for finding in before.findings}
    for new in after.findings:
        if new.spot in old:
            yield _change(old[new.spot], new)


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
