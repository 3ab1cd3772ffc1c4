"""Keeping a kernel under a name of one's own, so that the name is a filter from then on."""

from __future__ import annotations

import numpy.typing as npt

from imgkernels import filters, kept
from imgkernels.entry import Filter
from imgkernels.errors import InvalidValue
from imgkernels.kept import Kept
from imgkernels.kernel import Kernel
from imgkernels.operations import Across, Convolve
from imgkernels.step import Step


def keep(
    what: str | Kernel | npt.ArrayLike,
    name: str,
    *,
    number: int | None = None,
    overwrite: bool = False,
) -> Filter:
    """Keep a kernel under a name; `apply(image, name)` then does what it does.

    `what` is a `Kernel` or its taps, or text: a filter with its parameters, such as
    "sobel-x:ksize=5" or "learned:model.npz/conv1/7". Of a filter made of several kernels, `number`
    says which, from 1. The name is lower-case letters, digits and dashes, and no filter's.

    Raises `InvalidValue` for a name that cannot be, or is taken; see `forget`.
    """
    if any(name in (entry.name, *entry.aliases) for entry in filters.catalogue()):
        raise InvalidValue(f"keep: {name!r} is a filter of the catalogue; choose another name")
    kept.store(_named(what, name, number), overwrite)
    return filters.get(name)


def forget(name: str) -> None:
    """Remove what is kept under a name; raise `UnknownName` where there is nothing."""
    kept.forget(name)


def _named(what: str | Kernel | npt.ArrayLike, name: str, number: int | None) -> Kept:
    if not isinstance(what, str):
        return Kept(name, (what if isinstance(what, Kernel) else Kernel(what),))
    step = Step.parse(what)
    entry = filters.get(step.filter)
    operation = entry.operation(None, **dict(step.params))
    match operation:
        case Convolve(kernel, offset):
            return Kept(name, (kernel,), str(step), offset, entry.range)
        case Across(kernels) if len(kernels) == 3:
            return Kept(name, kernels, str(step), 0.0, entry.range)
    place = _place(len(operation.kernels), step, number)
    origin = f"{step}, kernel {place + 1}"
    return Kept(name, (operation.kernels[place],), origin, 0.0, entry.range)


def _place(count: int, step: Step, number: int | None) -> int:
    if not count:
        raise InvalidValue(f"keep: {step} has no kernel; keep the step in a preset file instead")
    if number is None and count > 1:
        raise InvalidValue(f"keep: {step} is made of {count} kernels; say which, from 1")
    place = 1 if number is None else number
    if not 1 <= place <= count:
        raise InvalidValue(f"keep: {step} has kernels 1 to {count}; got {place}")
    return place - 1
