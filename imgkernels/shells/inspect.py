"""`imgkernels list` and `show`: what filters there are, and what one is."""

from __future__ import annotations

import json as json_
from typing import TYPE_CHECKING, Annotated

import typer

from imgkernels.shells.command import Json
from imgkernels.shells.pipe import complete_step

if TYPE_CHECKING:
    from imgkernels.entry import Filter
    from imgkernels.operations import Frame

FilterArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="FILTER_OR_KERNEL",
        help="A filter, with parameters if you like: sobel-x:ksize=5; or a kernel of your own, "
        "rows like '0 -1 0; -1 5 -1; 0 -1 0' or a csv, txt, json or npy file.",
        autocompletion=complete_step,
        show_default=False,
    ),
]
KernelOption = Annotated[
    str | None,
    typer.Option(
        "--kernel", metavar="FILE_OR_TEXT", help="A kernel of your own.", show_default=False
    ),
]
FamilyOption = Annotated[
    str | None,
    typer.Option("--family", metavar="FAMILY", help="Only this family.", show_default=False),
]


DialectsOption = Annotated[
    bool, typer.Option("--dialects", help="Which library has which: the words --like takes.")
]


def list_filters(
    family: FamilyOption = None, dialects: DialectsOption = False, json: Json = False
) -> None:
    """List the filters, by family."""
    from imgkernels import filters
    from imgkernels.entry import Family
    from imgkernels.errors import unknown

    words = [f.word for f in Family]
    if family is not None and family not in words:
        raise unknown("family", family, words)
    entries = [f for f in filters.catalogue() if family in (None, f.family.word)]
    if dialects:
        from imgkernels.shells import libraries

        libraries.print_all(entries, json)
        return
    if json:
        from imgkernels.shells.facts import entry_facts

        print(json_.dumps([entry_facts(f) for f in entries], indent=2))
        return
    for family_ in Family:
        members = [entry for entry in entries if entry.family is family_]
        if members:
            print(f"{family_.word}: {family_.summary}")
        for entry in members:
            print(f"  {entry.name:<16} {entry.summary}")
    if family is None:
        print("learned: kernels of a weight file\n  learned:FILE/LAYER/INDEX[,CHANNEL]")
        _print_kept()


def show(filter: FilterArgument = None, kernel: KernelOption = None, json: Json = False) -> None:
    """Show a filter's certificate: whom to cite, its formula, its kernels, its laws checked now.

    A kernel of your own gets the same examination, and warnings where something looks wrong.
    """
    from imgkernels.shells import facts, libraries, shown

    entry, given, frame = _wanted(filter, kernel)
    certificate = entry.certificate(frame, **given)
    own = "kernel" in given
    if json:
        found = facts.entry_facts(entry) | facts.certificate_facts(certificate, own)
        found["like"] = libraries.calls(entry)
        print(json_.dumps(found, indent=2))
    else:
        print(shown.text(entry, certificate, own))


def _wanted(filter: str | None, kernel: str | None) -> tuple[Filter, dict[str, object], Frame]:
    """Return the filter, its parameters, and the images it is shown for."""
    from imgkernels import filters
    from imgkernels.errors import InvalidValue
    from imgkernels.kernel_text import is_kernel_text, parse_kernel
    from imgkernels.operations import Frame
    from imgkernels.step import Step

    if filter is not None and kernel is None and is_kernel_text(filter):
        filter, kernel = None, filter
    if filter is None and kernel is None:
        raise InvalidValue("show: name a filter, or give a kernel of your own")
    if filter is not None and filter.startswith("-"):
        raise InvalidValue(f"show: no such option: {filter}; see imgkernels show --help")
    opened = filter is not None and filters.is_opened(filter)
    name = filter or "custom"
    entry = filters.get(name if opened else name.partition(":")[0])
    samples = {k.name: k.check(k.param.example) for k in entry.params if k.required}
    given: dict[str, object] = {} if kernel is None else {"kernel": parse_kernel(kernel)}
    if filter is not None and ":" in filter and not opened:
        given = dict(Step.parse(filter).params) | given
    own = given.get("kernel")
    frame = entry.usual_frame if own is None else Frame(ndim=own.ndim)  # type: ignore[attr-defined]
    return entry, samples | given, frame


def _print_kept() -> None:
    from imgkernels import filters, kept

    names = kept.names()
    if names:
        print("kept: your own, see imgkernels keep --help")
    for name in names:
        print(f"  {name:<16} {filters.get(name).summary}")
