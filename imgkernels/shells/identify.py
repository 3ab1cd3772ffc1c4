"""`imgkernels identify KERNEL`: what a kernel is, or that it is none that is known."""

from __future__ import annotations

import json as json_
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgkernels.shells.command import Json

if TYPE_CHECKING:
    from imgkernels.analysis.identify import Identity
    from imgkernels.kernel import Kernel

_PLOTS = (".png", ".svg", ".pdf")
_KernelText = Annotated[
    str,
    typer.Argument(
        metavar="KERNEL",
        help="Rows like '-1 0 1; -2 0 2; -1 0 1', a csv, txt, json or npy file, or a filter: "
        "sobel-x:ksize=5, or one that was learned: learned:FILE/LAYER/INDEX.",
    ),
]
_Which = Annotated[
    int, typer.Option("--kernel", metavar="N", help="Which kernel of a filter of several, from 1.")
]
_Plot = Annotated[
    str | None, typer.Option("--plot", metavar="FILE", help="Draw it, as .png, .svg or .pdf.")
]


def identify(
    kernel: _KernelText, number: _Which = 1, plot: _Plot = None, json: Json = False
) -> None:
    """Say what a kernel is: order, gain, symmetry, response, nearest known kernels, its name.

    imgkernels identify "1 2 1; 2 4 2; 1 2 1"
    """
    from imgkernels.analysis.identify import identify as find

    target = None if plot is None else _checked(plot)
    found = find(_read(kernel, number))
    if target is not None:
        _draw(found, target)
    if json:
        print(json_.dumps(_facts(found), indent=2))
    else:
        _print(found)


def _read(text: str, number: int) -> Kernel:
    """Return the kernel of a filter, of rows, of a file, or of a layer in a file of weights."""
    from imgkernels import filters
    from imgkernels.errors import UnknownName
    from imgkernels.kernel_text import parse_kernel
    from imgkernels.step import Step

    if filters.is_opened(text):
        return _chosen(text, filters.get(text).kernels(), number)
    word = text.partition(":")[0].strip()
    if not word[:1].isalpha() or Path(text).suffix.lower() in (".csv", ".txt", ".json", ".npy"):
        return parse_kernel(text)
    try:
        filters.get(word)
    except UnknownName as error:
        raise UnknownName(f"{error}; or write rows like '-1 0 1', or name a file") from None
    step = Step.parse(text)
    return _chosen(str(step), filters.get(word).kernels(**dict(step.params)), number)


def _chosen(name: str, kernels: Sequence[Kernel], number: int) -> Kernel:
    from imgkernels.errors import InvalidValue

    if not 1 <= number <= len(kernels):
        many = f"has {len(kernels)} kernels" if kernels else "has no kernel"
        raise InvalidValue(f"identify: {name} {many}; got --kernel {number}")
    return kernels[number - 1]


def _checked(plot: str) -> Path:
    from imgkernels.errors import FileProblem, InvalidValue

    target = Path(plot)
    if target.suffix.lower() not in _PLOTS:
        raise InvalidValue(f"identify: --plot must end in {', '.join(_PLOTS)}; got {plot!r}")
    if not target.parent.is_dir():
        raise FileProblem(f"{target}: there is no folder {target.parent}")
    return target


def _draw(found: Identity, target: Path) -> None:
    from imgkernels.analysis.identify.plot import plot
    from imgkernels.files.atomic import replace_file

    replace_file(target, plot(found, target.suffix.lower()[1:]))  # type: ignore[arg-type]


def _print(found: Identity) -> None:
    from imgkernels.analysis.identify.words import facts
    from imgkernels.shells.shown import kernel_text

    print(found.sentence)
    print(f"\n{kernel_text(found.examination, 'kernel')}")
    lines = list(facts(found))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"  {name:<{width}}  {value}")


def _facts(found: Identity) -> dict[str, Any]:
    from imgkernels.shells.facts import kernel_facts
    from imgkernels.shells.plain import plain

    keys = ("order", "gain", "direction", "frequency", "clipped", "shapes")
    facts = {key: getattr(found, key) for key in keys}
    matches = [
        {
            "name": m.name, "also": m.also, "how": m.how, "degrees": m.degrees, "shift": m.shift,
            "scale": m.scale, "residual": m.residual, "cosine": m.cosine, "chance": m.chance,
        }
        for m in found.matches
    ]  # fmt: skip
    name = None if found.name is None else found.name.name
    named: dict[str, Any] = {"sentence": found.sentence, "name": name}
    rest = {"matches": matches, "kernel": kernel_facts(found.examination)}
    answer: dict[str, Any] = plain(named | facts | rest)
    return answer
