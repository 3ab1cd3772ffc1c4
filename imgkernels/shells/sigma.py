"""`imgkernels sigma`: the same Gaussian blur in every library's words."""

from __future__ import annotations

import json as json_
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from imgkernels.errors import InvalidValue
from imgkernels.shells.command import Json

if TYPE_CHECKING:
    from imgkernels.equivalents import Equivalent

Value = Annotated[
    str, typer.Argument(metavar="NUMBER", help="Sigma in px, or what --from says it is.")
]


def complete_spelling(incomplete: str) -> list[str]:
    """Return the spellings that begin so."""
    from imgkernels.equivalents import spellings

    return [word for word in spellings() if word.startswith(incomplete)]


From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="SPELLING",
        help="What NUMBER is: sigma, variance, fwhm, box-size, css-blur, gimp-size, cv2-ksize, "
        "pillow-radius, itk-variance, imagemagick-sigma and others; --from list shows all.",
        autocompletion=complete_spelling,
    ),
]
Depth = Annotated[
    str, typer.Option("--dtype", metavar="DTYPE", help="That of the images: uint8, float32, ...")
]


def sigma(
    number: Value = "", from_: From = "sigma", dtype: Depth = "uint8", json: Json = False
) -> None:
    """Say a Gaussian blur in every library's words, and what each really does."""
    from imgkernels.equivalents import sigma as equivalents, spellings, to_sigma

    if from_ == "list":
        _print_spellings(spellings(), json)
        return
    try:
        value = float(number)
    except ValueError:
        said = f"got {number!r}" if number else "say one: imgkernels sigma 2"
        raise InvalidValue(f"sigma: must be a number; {said}") from None
    found = equivalents(value, from_, dtype=dtype)
    px = to_sigma(value, from_)
    if json:
        rows = [asdict(one) for one in found]
        print(json_.dumps({"sigma": px, "dtype": dtype, "libraries": rows}, indent=2))
        return
    _print_table(found, px, dtype)


def _print_spellings(words: dict[str, str], json: bool) -> None:
    if json:
        print(json_.dumps(words, indent=2))
        return
    width = max(map(len, words))
    for word, meaning in words.items():
        print(f"{word:<{width}}  {meaning}")


def _print_table(found: tuple[Equivalent, ...], px: float, dtype: str) -> None:
    print(f"sigma {px:.6g} px, full width at half maximum {px * 2.354820045:.6g} px, {dtype}\n")
    head = ("library", "parameter", "taps", "really", "step off", "as typed")
    rows = [head, *map(_row, found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip())
    print(
        "\nreally: the standard deviation of its taps, px; step off: the largest error of a "
        "blurred step, in % of the step"
    )


def _row(one: Equivalent) -> tuple[str, ...]:
    parameter = f"{one.parameter} {one.value:.6g}"
    if one.width is None or one.sigma is None or one.step is None:
        return (f"{one.library} {one.version}", parameter, "-", "-", "-", one.why_not)
    really = f"{one.sigma:.3f}" if one.sigma else "no blur"
    step = f"{100 * one.step:.2f}"
    return (f"{one.library} {one.version}", parameter, str(one.width), really, step, one.call)
