"""Learned kernels as filters: `learned:FILE/LAYER/INDEX`, one filter of a layer in a weight file.

It is no entry of the catalogue, but stands wherever the name of one does. It has no parameters.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from imgkernels.entry import Family, Filter
from imgkernels.errors import FileProblem, InvalidValue, UnknownName
from imgkernels.kernel import Kernel
from imgkernels.operations import Across, Convolve, Operation, Range
from imgkernels.registry import opens
from imgkernels.values import Floats

if TYPE_CHECKING:
    from imgkernels.weights import Weights

_FORM = "learned:FILE/LAYER/INDEX[,CHANNEL]"
_COLOURS = 3


@dataclass(frozen=True)
class _Place:
    """Where a kernel lies: a file, a layer of it, a filter of that, perhaps one channel."""

    file: str
    layer: str
    index: str
    channel: str

    def __str__(self) -> str:
        channel = f", channel {self.channel}" if self.channel else ""
        return f"Kernel {self.index}{channel} of layer {self.layer} in {self.file}"

    @classmethod
    def of(cls, text: str) -> _Place:
        """Split FILE/LAYER/INDEX[,CHANNEL] where the file ends; both names may have slashes."""
        ends = [at for at, c in enumerate(text) if c == "/"] + [len(text)]
        end = next((at for at in ends if os.path.isfile(text[:at])), None)
        if end is None:
            file = _file_of(text) or "learned"
            raise FileProblem(f"{file}: no such file; a learned kernel is {_FORM}")
        layer, _, last = text[end + 1 :].rpartition("/")
        index, _, channel = last.partition(",")
        return cls(text[:end], layer, index.strip(), channel.strip())


@opens("learned")
def learned(text: str) -> Filter:
    """Return the filter that a weight file holds at FILE/LAYER/INDEX[,CHANNEL].

    A kernel of one channel, or the CHANNEL of a larger one, acts on each channel of an image. One
    of three is over red, green and blue: the sum stands in all channels, and grey counts for
    each. Bias and activation are the layer's, not the kernel's.
    Raises `FileProblem`, and `UnknownName` and `InvalidValue` that say what there is.
    """
    place = _Place.of(text)
    kernels = _kernels(place)

    def maker() -> Operation:
        return Convolve(kernels[0]) if len(kernels) == 1 else Across(kernels)

    maker.__doc__ = f"{place}."

    signed = any((k.taps < 0).any() for k in kernels) and any((k.taps > 0).any() for k in kernels)
    return Filter(
        name=f"learned:{text}",
        family=Family.BASIC,
        maker=maker,
        aliases=(),
        range=Range.ABS if signed else None,
        ndims=(kernels[0].ndim,),
        sources=(),
        unsourced=f"Learned from examples; it lies in {place.file}.",
        formula="matrix",
        others=(),
        claims=lambda: (),
    )


def _kernels(place: _Place) -> tuple[Kernel, ...]:
    """Return the kernels of the filter, one per channel it covers."""
    who = f"{place.file}/{place.layer}"
    bank = _bank(place)
    planes = np.moveaxis(bank[_number(place.index, len(bank), f"{who}: filters")], -1, 0)
    if place.channel:
        planes = planes[_number(place.channel, len(planes), f"{who}: channels"), np.newaxis]
    if len(planes) not in (1, _COLOURS):
        raise InvalidValue(
            f"{who}: its filters cover {len(planes)} channels, a picture has 1 or {_COLOURS}; "
            f"choose one: learned:{who}/{place.index},CHANNEL (0 to {len(planes) - 1})"
        )
    return tuple(Kernel(plane.astype(np.float64)) for plane in planes)


def _bank(place: _Place) -> Floats:
    """Return all filters of the layer as (filter, *window, channel)."""
    status = os.stat(place.file)
    found = _read(place.file, status.st_mtime_ns, status.st_size)
    if not place.layer:
        raise InvalidValue(f"a learned kernel is {_FORM}; {place.file}: {_there(found)}")
    try:
        return found.layer(place.layer).filters()
    except (UnknownName, InvalidValue) as error:
        raise type(error)(f"{place.file}: {error}; {_there(found)}") from None


def _there(found: Weights) -> str:
    """Say which layers have kernels, and how many."""
    banks = []
    for name, layer in found.layers.items():
        try:
            bank = layer.filters()
        except InvalidValue:
            continue
        banks.append(f"{name} (0 to {len(bank) - 1})")
    more = f" and {len(banks) - 20} more" if len(banks) > 20 else ""
    return f"kernels are in {', '.join(banks[:20]) or 'no layer'}{more}"


@lru_cache(maxsize=4)
def _read(file: str, _changed: int, _size: int) -> Weights:
    """Read a file once for as long as it does not change."""
    from imgkernels import weights

    return weights.read(file)


def _number(text: str, count: int, what: str) -> int:
    if not text.isdecimal() or int(text) >= count:
        raise InvalidValue(f"{what} are 0 to {count - 1}; got {text!r}")
    return int(text)


def _file_of(text: str) -> str:
    """Guess which part of a text was meant as the file: up to its suffix."""
    parts = text.split("/")
    ends = [at for at, part in enumerate(parts) if "." in part.strip(".")]
    return "/".join(parts[: ends[0] + 1]) if ends else text
