"""`imgkernels list` and `show`: what filters there are, and what one is."""

from __future__ import annotations

import json as json_
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgkernels.shells.command import Json
from imgkernels.shells.pipe import complete_step

if TYPE_CHECKING:
    from imgkernels.kernel import Kernel
    from imgkernels.registry import Filter

_MOST_TAPS = 10_000  # that are laid out in JSON where rows say the same

FilterArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILTER",
        help="A filter, with parameters if you like: sobel-x:ksize=5.",
        autocompletion=complete_step,
    ),
]
FamilyOption = Annotated[
    str | None,
    typer.Option("--family", metavar="FAMILY", help="Only this family.", show_default=False),
]


def list_filters(family: FamilyOption = None, json: Json = False) -> None:
    """List the filters, by family."""
    from imgkernels import filters
    from imgkernels.errors import unknown
    from imgkernels.registry import Family

    words = [f.word for f in Family]
    if family is not None and family not in words:
        raise unknown("family", family, words)
    entries = [f for f in filters.catalogue() if family in (None, f.family.word)]
    if json:
        print(json_.dumps([_entry(f) for f in entries], indent=2))
        return
    for family_ in Family:
        members = [entry for entry in entries if entry.family is family_]
        if members:
            print(f"{family_.word}: {family_.summary}")
        for entry in members:
            print(f"  {entry.name:<16} {entry.summary}")


def show(filter: FilterArgument, json: Json = False) -> None:
    """Show a filter: its parameters, its kernels as numbers and as a picture, its source."""
    from imgkernels import filters
    from imgkernels.step import Step

    name = filter if filters.is_opened(filter) else filter.partition(":")[0]
    entry = filters.get(name)
    given = dict(Step.parse(filter).params) if name != filter else {}
    samples = {knob.name: knob.param.example for knob in entry.params if knob.required}
    kernels = entry.kernels(**(samples | given))
    if json:
        print(json_.dumps(_entry(entry) | {"kernels": [_facts(k) for k in kernels]}, indent=2))
        return
    _print_entry(entry)
    for number, kernel in enumerate(kernels, start=1):
        _print_kernel(
            kernel, f"kernel {number} of {len(kernels)}" if len(kernels) > 1 else "kernel"
        )
    if not kernels:
        print("\nno kernel: it picks or maps values instead of summing them")


def _entry(entry: Filter) -> dict[str, Any]:
    knobs = [
        {
            "name": k.name,
            "kind": k.kind,
            "default": None if k.default is None else k.default,
            "required": k.required,
            "rule": k.rule,
            "help": k.param.help,
        }
        for k in entry.params
    ]
    return {
        "name": entry.name,
        "family": entry.family.word,
        "summary": entry.summary,
        "aliases": list(entry.aliases),
        "params": knobs,
        "range": None if entry.range is None else entry.range.value,
        "axes": list(entry.ndims),
        "source": entry.source,
    }


def _facts(kernel: Kernel) -> dict[str, Any]:
    return {
        "shape": list(kernel.shape),
        "anchor": list(kernel.anchor),
        "sum": kernel.sum,
        "order": kernel.order,
        "gain": None if math.isnan(kernel.gain) else kernel.gain,
        "separable": kernel.factors is not None,
        "rank": kernel.rank,
    } | _weights(kernel)


def _weights(kernel: Kernel) -> dict[str, Any]:
    """Return the taps, or of a large separable kernel the rows they are the product of."""
    if kernel.size > _MOST_TAPS and kernel.factors is not None:
        return {"factors": [row.tolist() for row in kernel.factors]}
    return {"taps": kernel.taps.tolist()}


def _print_entry(entry: Filter) -> None:
    print(f"{entry.name} ({entry.family.word}): {entry.summary}")
    if entry.details:
        print(f"\n{entry.details}")
    if entry.aliases:
        print(f"also called {', '.join(entry.aliases)}")
    if entry.range is not None:
        print(f"negative values in unsigned images: {entry.range.value} (--range says otherwise)")
    for knob in entry.params:
        default = "required" if knob.required else f"default {knob.text(knob.default)}"
        print(f"  --{knob.name.replace('_', '-'):<12} {knob.param.help}; {knob.rule}; {default}")
    if entry.source:
        print(f"source: {entry.source}")


def _print_kernel(kernel: Kernel, title: str) -> None:
    from imgkernels.shells.picture import matrix, picture

    what = "separable" if kernel.factors is not None else f"not separable (rank {kernel.rank})"
    size = " x ".join(map(str, kernel.shape))
    total = kernel.sum if kernel.order == 0 else 0.0  # without what rounding leaves
    print(
        f"\n{title}: {size}, sum {total:.6g}, derivative order {kernel.order}, "
        f"gain {kernel.gain:.6g}, anchor {kernel.anchor}, {what}"
    )
    print(matrix(kernel))
    print(picture(kernel))
