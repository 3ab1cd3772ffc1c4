"""Where kernels come from: files of weights, their convolutions, and what was left out of them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from imgkernels.analysis.compare.banks import Bank, banks_of, kernels_of, spots_of
from imgkernels.analysis.compare.names import Catalogue, Others
from imgkernels.errors import FileProblem, InvalidValue, unknown
from imgkernels.files.words import shown
from imgkernels.weights import Weights, read

Source = str | os.PathLike[str] | Weights | Mapping[str, npt.ArrayLike]
_ARRAYS = 8  # that a message names
_MOST = 20_000  # kernels that others are held against


def opened(
    source: Source, what: str, layer: str | None
) -> tuple[str, tuple[Bank, ...], tuple[str, ...]]:
    """Return a file's name, its convolutions or one of them, and what was left out.

    `what` is the name of what comes from no file.
    """
    if isinstance(source, Weights):
        name, found = what, source
    elif isinstance(source, Mapping):
        name, found = what, Weights({k: np.asarray(x) for k, x in source.items()}, "arrays")
    else:
        name, found = shown(os.fspath(source)), read(source)
    banks, left = banks_of(found)
    if not banks:
        raise FileProblem(f"{name}: has no convolution to compare; {_there(found, left)}")
    if layer is None:
        return name, banks, left
    chosen = tuple(bank for bank in banks if bank.layer == layer)
    if not chosen:
        why = next((line for line in left if line.startswith(f"{layer}: ")), "")
        names = [bank.layer for bank in banks]
        raise InvalidValue(f"{name}: {why}") if why else unknown("convolution", layer, names)
    return name, chosen, ()


def _there(found: Weights, left: tuple[str, ...]) -> str:
    if left:
        return "; ".join(map(shown, left[:_ARRAYS]))
    arrays = [f"{shown(name)} {array.shape}" for name, array in found.items()]
    more = f" and {len(arrays) - _ARRAYS} more" if len(arrays) > _ARRAYS else ""
    return f"its arrays are {', '.join(arrays[:_ARRAYS]) or 'none'}{more}"


def reference_of(against: Source) -> Catalogue | Others:
    """Return what kernels are held against: the catalogue by its name, or a file's kernels."""
    if isinstance(against, str) and against == "catalogue":
        return Catalogue()
    name, banks, _ = opened(against, "against", None)
    kernels = [
        (str(spot), taps)
        for bank in banks
        for spots in spots_of([bank], every=True).values()
        for spot, taps in zip(spots, kernels_of(bank, spots), strict=True)
    ]
    if len(kernels) > _MOST:
        raise InvalidValue(f"{name}: has {len(kernels):,} kernels, {_MOST:,} can be held against")
    return Others.of(name, kernels)
