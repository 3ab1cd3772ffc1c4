"""`imgkernels keep KERNEL --as NAME`: kernels under names of one's own."""

from __future__ import annotations

import json as json_
from typing import Annotated

import typer

from imgkernels.shells.command import Json

_KernelText = Annotated[
    str | None,
    typer.Argument(
        metavar="[KERNEL]",
        help="A filter, like sobel-x:ksize=5 or learned:model.npz/conv1/7; rows like '-1 0 1'; or "
        "a csv, txt, json or npy file. Without one, what is kept is listed.",
        show_default=False,
    ),
]
_Name = Annotated[str | None, typer.Option("--as", metavar="NAME", help="What it is to be called.")]
_Which = Annotated[
    int | None,
    typer.Option("--kernel", metavar="N", help="Which kernel of a filter of several, from 1."),
]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what has that name.")]
_Forget = Annotated[
    str | None, typer.Option("--forget", metavar="NAME", help="Remove what is kept.")
]


def keep(
    kernel: _KernelText = None,
    name: _Name = None,
    number: _Which = None,
    overwrite: _Overwrite = False,
    forget: _Forget = None,
    json: Json = False,
) -> None:
    """Keep a kernel under a name of your own: `imgkernels apply NAME in.png out.png`.

    imgkernels keep learned:model.npz/conv1/7 --as edge7
    """
    from imgkernels.errors import InvalidValue
    from imgkernels.keeping import forget as remove

    if forget is not None:
        if kernel is not None or name is not None:
            raise InvalidValue("keep: --forget goes alone")
        remove(forget)
    elif kernel is None and name is None:
        _list(json)
    elif kernel is None or name is None:
        raise InvalidValue("keep: give a kernel and --as NAME, like: keep sobel-x --as mine")
    else:
        _keep(kernel, name, number, overwrite, json)


def _keep(text: str, name: str, number: int | None, overwrite: bool, json: bool) -> None:
    from imgkernels.keeping import keep as store
    from imgkernels.kept import folder
    from imgkernels.kernel_text import is_kernel_text, parse_kernel

    what = parse_kernel(text) if is_kernel_text(text) else text
    entry = store(what, name, number=number, overwrite=overwrite)
    file = folder() / f"{name}.json"
    if json:
        print(json_.dumps({"name": entry.name, "file": str(file), "summary": entry.summary}))
    else:
        print(f"{name}: {entry.summary} Use it like any filter: imgkernels apply {name} IN OUT")


def _list(json: bool) -> None:
    from imgkernels import filters, kept

    found = [filters.get(name) for name in kept.names()]
    if json:
        print(json_.dumps([{"name": entry.name, "summary": entry.summary} for entry in found]))
        return
    for entry in found:
        print(f"{entry.name:<16} {entry.summary}")
    if not found:
        print("nothing is kept; keep something with: imgkernels keep KERNEL --as NAME")
