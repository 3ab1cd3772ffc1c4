"""`compare`: the kernels of a file of weights beside those that are known."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.analysis.compare import quality
from imgkernels.analysis.compare.banks import Bank, Spot, banks_of, spots_of
from imgkernels.analysis.compare.change import Change, LayerChange, changes, layer_changes
from imgkernels.analysis.compare.colour import colours, pattern
from imgkernels.analysis.compare.finding import Finding, Side, judge
from imgkernels.analysis.compare.layer import judge_layers, look
from imgkernels.analysis.compare.likeness import Likeness
from imgkernels.analysis.compare.names import Catalogue, Others
from imgkernels.analysis.compare.subspaces import evidence_of_share, shares
from imgkernels.errors import FileProblem, InvalidValue, unknown
from imgkernels.files.words import shown
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps
from imgkernels.weights import Weights, read

Source = str | os.PathLike[str] | Weights | Mapping[str, npt.ArrayLike]
_MOST = 20_000  # kernels that are looked at, were all wanted
_ARRAYS = 8  # that a message names


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
    name, banks, left = _opened(weights, "weights", layer)
    likeness = Likeness(_reference(against))
    spots = spots_of(banks, every or layer is not None)
    _check_number(spots)
    after = _side(name, banks, spots, likeness)
    if before is None:
        return Comparison(after, None, (), (), likeness.reference.title, left)
    old_name, old, _ = _opened(before, "before", None)
    shapes = {bank.layer: bank.filters.shape for bank in old}
    shared = [bank for bank in banks if shapes.get(bank.layer) == bank.filters.shape]
    if not shared:
        raise InvalidValue(f"{old_name}: has no convolution of a name and shape of {name}'s")
    missing = [f"{b.layer}: not so in {old_name}" for b in banks if b not in shared]
    pairs = [(next(bank for bank in old if bank.layer == b.layer), b) for b in shared]
    first = _side(old_name, [bank for bank, _ in pairs], spots, likeness)
    kernels = tuple(changes(first, after))
    grown = layer_changes(pairs, kernels)
    return Comparison(after, first, kernels, grown, likeness.reference.title, (*left, *missing))


def _opened(
    source: Source, what: str, layer: str | None
) -> tuple[str, tuple[Bank, ...], tuple[str, ...]]:
    """Return a file's name, its convolutions, and what was left out of them."""
    if isinstance(source, Weights):
        name, found = what, source
    elif isinstance(source, Mapping):
        name, found = what, Weights({k: np.asarray(x) for k, x in source.items()}, "arrays")
    else:
        name, found = shown(os.fspath(source)), read(source)
    banks, left = banks_of(found)
    if layer is not None:
        if layer not in {bank.layer for bank in banks}:
            why = next((line for line in left if line.startswith(f"{layer}: ")), "")
            raise (
                InvalidValue(f"{name}: {why}")
                if why
                else unknown("convolution", layer, [bank.layer for bank in banks])
            )
        return name, tuple(bank for bank in banks if bank.layer == layer), ()
    if not banks:
        raise FileProblem(f"{name}: has no convolution to compare; {_there(found, left)}")
    return name, banks, left


def _there(found: Weights, left: tuple[str, ...]) -> str:
    if left:
        return "; ".join(map(shown, left[:_ARRAYS]))
    arrays = [f"{shown(name)} {array.shape}" for name, array in found.items()]
    more = f" and {len(arrays) - _ARRAYS} more" if len(arrays) > _ARRAYS else ""
    return f"its arrays are {', '.join(arrays[:_ARRAYS]) or 'none'}{more}"


def _reference(against: Source) -> Catalogue | Others:
    if isinstance(against, str) and against == "catalogue":
        return Catalogue()
    name, banks, _ = _opened(against, "against", None)
    kernels = [
        (str(spot), kernel)
        for bank in banks
        for spot, kernel in _kernels(bank, spots_of([bank], every=True)[bank.layer])
    ]
    if len(kernels) > _MOST:
        raise InvalidValue(f"{name}: has {len(kernels):,} kernels, {_MOST:,} can be held against")
    return Others.of(name, kernels)


def _check_number(spots: Mapping[str, Sequence[Spot]]) -> None:
    count = sum(map(len, spots.values()))
    if count > _MOST:
        raise InvalidValue(
            f"compare: looks at up to {_MOST:,} kernels at once, these are {count:,}; "
            "choose a layer, or leave it at a sample"
        )


def _side(
    name: str, banks: Sequence[Bank], spots: Mapping[str, Sequence[Spot]], likeness: Likeness
) -> Side:
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
    patterns = [taps for _, taps in _kernels(bank, spots)]
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


def _kernels(bank: Bank, spots: Sequence[Spot]) -> Iterator[tuple[Spot, Taps]]:
    """Yield what is looked at: slices, and the strongest patterns of filters over colours."""
    for spot in spots:
        taps = bank.filters[spot.filter]
        yield spot, pattern(taps) if spot.channel is None else taps[..., spot.channel]
