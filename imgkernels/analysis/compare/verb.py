"""`compare`: the kernels of a file of weights beside those that are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from imgkernels.analysis.compare.banks import Bank, Spot, spots_of
from imgkernels.analysis.compare.change import Change, LayerChange, changes, layer_changes
from imgkernels.analysis.compare.finding import Side
from imgkernels.analysis.compare.likeness import Likeness
from imgkernels.analysis.compare.side import side_of
from imgkernels.analysis.compare.source import Source, opened, reference_of
from imgkernels.errors import InvalidValue

_MOST = 20_000  # kernels that are looked at, were all wanted


@dataclass(frozen=True, eq=False)
class Comparison:
    """A file of weights, the same before training if given, and what became of each kernel.

    `against` says what the kernels were held against; `left` what was left out, and why.
    """

    after: Side
    before: Side | None
    changes: tuple[Change, ...]
    layer_changes: tuple[LayerChange, ...]
    against: str
    left: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The findings in plain words; every number in them is one of the fields."""
        from imgkernels.analysis.compare.words import sentences

        return tuple(sentences(self))

    def __str__(self) -> str:
        return "\n".join(self.sentences)


def compare(
    weights: Source,
    *,
    against: Source = "catalogue",
    before: Source | None = None,
    layer: str | None = None,
    every: bool = False,
) -> Comparison:
    """Say of each kernel of each convolution what it is called, or that it is noise.

    `against` is "catalogue" or another file of weights, `before` the same layers before training.
    Layers of many kernels are sampled; with `every`, or of one `layer`, all are looked at.
    Raises `FileProblem` for what cannot be read or has no convolution, `UnknownName` for a layer
    that is not there, `InvalidValue` for more than 20,000 kernels.

    >>> import numpy as np
    >>> sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1.0]])
    >>> found = compare({"conv1.weight": sobel[np.newaxis, np.newaxis]}).after.findings[0]
    >>> found.kind, found.word, found.order
    ('known', 'sobel-x', 1)
    """
    name, banks, left = opened(weights, "weights", layer)
    likeness = Likeness(reference_of(against))
    spots = spots_of(banks, every or layer is not None)
    _check_number(spots)
    after = side_of(name, banks, spots, likeness)
    if before is None:
        return Comparison(after, None, (), (), likeness.reference.title, left)
    pairs, old_name, missing = _paired(name, banks, before)
    start = side_of(old_name, [old for old, _ in pairs], spots, likeness)
    kernels = tuple(changes(start, after))
    grown = layer_changes(pairs, kernels)
    return Comparison(after, start, kernels, grown, likeness.reference.title, (*left, *missing))


def _paired(
    name: str, banks: Sequence[Bank], before: Source
) -> tuple[list[tuple[Bank, Bank]], str, list[str]]:
    """Return the layers that both files have, before and after, and which only one has."""
    old_name, found, _ = opened(before, "before", None)
    old = {bank.layer: bank for bank in found}
    pairs, missing = [], []
    for bank in banks:
        was = old.get(bank.layer)
        if was is not None and was.filters.shape == bank.filters.shape:
            pairs.append((was, bank))
        else:
            missing.append(f"{bank.layer}: not so in {old_name}")
    if not pairs:
        raise InvalidValue(f"{old_name}: has no convolution of a name and shape of {name}'s")
    return pairs, old_name, missing


def _check_number(spots: Mapping[str, Sequence[Spot]]) -> None:
    count = sum(map(len, spots.values()))
    if count > _MOST:
        raise InvalidValue(
            f"compare: looks at up to {_MOST:,} kernels at once, these are {count:,}; "
            "choose a layer, or leave it at a sample"
        )
