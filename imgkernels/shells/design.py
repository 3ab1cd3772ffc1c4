"""`imgkernels design BEFORE AFTER`: the kernel that turns one picture into the other."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgkernels.shells.command import Json

if TYPE_CHECKING:
    from imgkernels.analysis.design import Fit

_Before = Annotated[str, typer.Argument(metavar="BEFORE", help="The picture before.")]
_After = Annotated[str, typer.Argument(metavar="AFTER", help="The same picture, filtered.")]
_Size = Annotated[
    str, typer.Option("--size", metavar="N", help="Taps on each axis: 5, or 3x7 (rows x columns).")
]
_Each = Annotated[bool, typer.Option("--each", help="A kernel for each channel.")]
_Symmetric = Annotated[
    bool, typer.Option("--symmetric", help="The same when mirrored on any axis.")
]
_Separable = Annotated[bool, typer.Option("--separable", help="One row for each axis.")]
_Snap = Annotated[
    bool, typer.Option("--snap", help="Small whole numbers over a divisor, if they do as well.")
]
_Volume = Annotated[bool, typer.Option("--volume", help="Take the pages of a TIFF as one volume.")]
_Keep = Annotated[
    str | None,
    typer.Option("--out", metavar="FILE.json", help="Keep the kernel, for apply custom --kernel."),
]


def design(
    before: _Before,
    after: _After,
    size: _Size = "3",
    each: _Each = False,
    symmetric: _Symmetric = False,
    separable: _Separable = False,
    snap: _Snap = False,
    volume: _Volume = False,
    out: _Keep = None,
    json: Json = False,
) -> None:
    """Find the kernel that turns one picture into the other, or why there is none.

    imgkernels design photo.png filtered.png --size 5 --snap
    """
    from imgkernels import files
    from imgkernels.analysis.design import design as find
    from imgkernels.shells.plain import plain

    target = _checked(out)
    sizes = _sizes(size)
    found = find(
        files.read(before, volume=volume),
        files.read(after, volume=volume),
        size=sizes,
        channels="each" if each else "one",
        symmetric=symmetric,
        separable=separable,
        snap=snap,
    )
    if target is not None:
        _keep(target, found.fits[0])
    if json:
        facts = {"sentence": found.sentence, "explains": found.explains}
        print(json_.dumps(facts | plain(found), indent=2))
        return
    print(found.sentence)
    for number, fit in enumerate(found.fits, start=1):
        _print(fit, f"channel {number}: " if len(found.fits) > 1 else "")


def _sizes(text: str) -> int | tuple[int, ...]:
    from imgkernels.errors import InvalidValue

    words = text.lower().split("x")
    if not all(word.strip().isdecimal() for word in words):
        raise InvalidValue(f"design: --size must be like 5 or 3x7; got {text!r}")
    numbers = tuple(int(word) for word in words)
    return numbers[0] if len(numbers) == 1 else numbers


def _checked(out: str | None) -> Path | None:
    from imgkernels.errors import FileProblem, InvalidValue

    if out is None:
        return None
    target = Path(out)
    if target.suffix.lower() != ".json":
        raise InvalidValue(f"design: --out must end in .json, to hold the anchor; got {out!r}")
    if not target.parent.is_dir():
        raise FileProblem(f"{target}: there is no folder {target.parent}")
    return target


def _keep(target: Path, fit: Fit) -> None:
    from imgkernels.files.atomic import replace_file
    from imgkernels.shells.plain import plain

    replace_file(target, json_.dumps(plain(fit.kernel)).encode() + b"\n")


def _print(fit: Fit, title: str) -> None:
    from imgkernels.shells.picture import matrix, picture

    over = f", whole numbers over {fit.divisor}" if fit.divisor else ""
    offset = fit.offset if abs(fit.offset) > fit.offset_confidence else 0.0
    shape = " x ".join(map(str, fit.kernel.shape))
    print(
        f"\n{title}{shape}, anchor {fit.kernel.anchor}{over}\n"
        f"offset {offset:.4g} +- {fit.offset_confidence:.2g}, "
        f"condition {fit.condition:.3g}, {fit.windows} windows"
    )
    shown = fit.kernel * fit.divisor if fit.divisor else fit.kernel
    print(matrix(shown))
    print(picture(fit.kernel))
