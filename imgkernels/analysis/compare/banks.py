"""The convolutions of a weight file, and the kernels of each that are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from imgkernels.analysis.compare.colour import pattern
from imgkernels.errors import InvalidValue
from imgkernels.taps import Taps
from imgkernels.values import Array
from imgkernels.weights import LayerWeights, Weights

COLOURS = 3  # channels of filters that look at a picture's red, green and blue
_WIDEST = 64  # taps on an axis: what is wider is no window
_MOST_TAPS = 1024
_LARGEST = 1e60
_MOST_SHOWN = 4000  # kernels in one report, unless all are wanted
_FEWEST, _FEW, _MANY = 16, 128, 512  # of a layer: at least, of slices, of filters on a picture
_SEED = 1


@dataclass(frozen=True, eq=False)
class Bank:
    """A convolution: its kernels as (filter, *window, channel), in double precision."""

    layer: str
    filters: Taps

    @property
    def window(self) -> tuple[int, ...]:
        """The shape of one kernel."""
        return self.filters.shape[1:-1]

    @property
    def channels(self) -> int:
        """The channels that a filter adds up."""
        return int(self.filters.shape[-1])

    @property
    def coloured(self) -> bool:
        """Tell whether its filters are taken to look at red, green and blue."""
        return self.channels == COLOURS

    @property
    def slices(self) -> Taps:
        """Every window of every filter and channel, as rows of taps."""
        rows: Taps = np.moveaxis(self.filters, -1, 1).reshape(-1, int(np.prod(self.window)))
        return rows

    @property
    def patterns(self) -> int:
        """How many kernels there are to look at: filters on a picture, or slices."""
        return int(self.filters.shape[0]) * (1 if self.coloured else self.channels)


@dataclass(frozen=True)
class Spot:
    """Where a kernel lies; no channel means a filter over a picture's colours."""

    layer: str
    filter: int
    channel: int | None

    def __str__(self) -> str:
        channel = "" if self.channel is None else f",{self.channel}"
        return f"{self.layer}/{self.filter}{channel}"


def banks_of(weights: Weights) -> tuple[tuple[Bank, ...], tuple[str, ...]]:
    """Return the convolutions of a file with a window of two taps or more, and what was left out.

    The order is the file's, or by name where the file sorts them as texts.
    """
    found, left = [], []
    for layer in weights.in_order:
        filters = _filters(layer)
        if filters is None:
            continue
        why = _unfit(filters)
        if why:
            left.append(f"{layer.name}: {why}")
        else:
            found.append(Bank(layer.name, filters.astype(np.float64)))
    return tuple(found), tuple(left)


def spots_of(banks: Sequence[Bank], every: bool) -> dict[str, tuple[Spot, ...]]:
    """Return the kernels of each layer to look at, all or an even-handed sample."""
    share = max(_FEWEST, _MOST_SHOWN // max(1, len(banks)))
    return {bank.layer: tuple(_spots(bank, every, share)) for bank in banks}


def kernels_of(bank: Bank, spots: Sequence[Spot]) -> list[Taps]:
    """Return what is looked at: slices, and the strongest patterns of filters over colours."""
    filters = [bank.filters[spot.filter] for spot in spots]
    return [
        pattern(taps) if spot.channel is None else taps[..., spot.channel]
        for taps, spot in zip(filters, spots, strict=True)
    ]


def _spots(bank: Bank, every: bool, share: int) -> Iterator[Spot]:
    most = min(share, _MANY if bank.coloured or bank.channels == 1 else _FEW)
    count = bank.patterns
    numbers = np.arange(count)
    if count > most and not every:
        numbers = np.sort(np.random.default_rng(_SEED).choice(count, most, replace=False))
    for number in numbers.tolist():
        if bank.coloured:
            yield Spot(bank.layer, number, None)
        else:
            yield Spot(bank.layer, *divmod(number, bank.channels))


def _filters(layer: LayerWeights) -> Array | None:
    try:
        return layer.filters()
    except InvalidValue:  # no convolution
        return None


def _unfit(filters: Array) -> str:
    """Say why kernels are not looked at, or nothing."""
    window = filters.shape[1:-1]
    taps = int(np.prod(window))
    shown = " x ".join(map(str, window))
    if not filters.size:
        return "is empty"
    if taps == 1:
        return "its windows are single taps, which mix channels and look at no neighbour"
    if max(window) > _WIDEST or taps > _MOST_TAPS:
        return f"{shown} is no window of a kernel"
    if not np.isfinite(filters).all():
        return "holds weights that are not finite"
    largest = max(-float(filters.min()), float(filters.max()))
    if largest and not 1 / _LARGEST <= largest <= _LARGEST:
        return f"holds weights too {'large' if largest > 1 else 'small'} to be squared"
    return ""
