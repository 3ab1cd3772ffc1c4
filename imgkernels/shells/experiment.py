"""`imgkernels experiment`: learned against handcrafted kernels in one network."""

from __future__ import annotations

import json as json_
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgkernels.shells.command import Json
from imgkernels.shells.nn.words import Data

if TYPE_CHECKING:
    from imgkernels.analysis.experiment import Experiment

app = typer.Typer(no_args_is_help=True, help="Hold learned against handcrafted kernels.")


@app.callback()
def _experiment() -> None:
    pass


@app.command("first-layer")
def first_layer(
    data: Data = "digits",
    kernels: Annotated[
        str,
        typer.Option(
            "--kernels",
            metavar="BANK,...",
            help="learned, random, sobel, gabor, frei-chen, or filters with kernels.",
        ),
    ] = "learned,sobel,gabor,frei-chen,random",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Trainings of each bank.")] = 3,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Times through all.")] = 5,
    filters: Annotated[int, typer.Option("--filters", min=1, help="Kernels of a bank.")] = 8,
    size: Annotated[int, typer.Option("--size", min=3, help="Taps of a side, odd.")] = 5,
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="source|best", help="How it is trained.")
    ] = "source",
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="OUT", help="Draw it: .png, .svg or .html.")
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE.npz", help="Write the banks, a layer for each."),
    ] = None,
    json: Json = False,
) -> None:
    """Train one network with its first layer frozen to each bank; compare the accuracies.

    imgkernels experiment first-layer --kernels learned,sobel,random --plot banks.png
    """
    from imgkernels.analysis.experiment import first_layer as run
    from imgkernels.nn.data import load

    _check(plot, out)
    words = [word.strip() for word in kernels.split(",") if word.strip()]
    heard = _Heard()
    found = run(
        load(data), words, seeds=seeds, epochs=epochs, filters=filters, size=size, recipe=recipe,
        heard=heard.line,
    )  # fmt: skip
    if out is not None:
        _write(found, out)
    if plot is not None:
        _draw(found, plot)
    print(json_.dumps(_facts(found), indent=2) if json else "\n".join(_lines(found)))


class _Heard:
    """Tells each training on stderr, where a person looks on."""

    def line(self, text: str) -> None:
        if sys.stderr is not None and sys.stderr.isatty():
            print(text, file=sys.stderr, flush=True)


def _check(plot: str | None, out: str | None) -> None:
    from imgkernels.errors import FileProblem, unknown
    from imgkernels.nn import inside
    from imgkernels.weights.writing import WRITERS

    if plot is not None:
        inside.check_path(plot)
    if out is None:
        return
    if Path(out).suffix.lower() not in WRITERS:
        raise unknown("format of weights", Path(out).suffix or out, WRITERS)
    if not os.path.isdir(Path(out).parent):
        raise FileProblem(f"{out}: there is no folder {Path(out).parent}")


def _lines(found: Experiment) -> list[str]:
    ranked = sorted(found.outcomes, key=lambda outcome: outcome.mean, reverse=True)
    best, seeds = ranked[0], len(ranked[0].accuracies)
    head = f"{'bank':<24} {'kernels':>7} {'accuracy':>9} {'spread':>7} {'least':>8} {'most':>8}"
    lines = [f"{head}   below {best.name}, seed by seed"]
    for outcome in ranked:
        low, high = min(outcome.accuracies), max(outcome.accuracies)
        apart, error = best.over(outcome)
        beside = "" if outcome is best else f"{apart:.2%} (standard error {error:.2%})"
        lines.append(
            f"{outcome.name:<24} {outcome.bank.shape[-1]:>7} {outcome.mean:>9.2%} "
            f"{outcome.spread:>7.2%} {low:>8.2%} {high:>8.2%}   {beside}".rstrip()
        )
    return [
        *lines,
        f"\n{seeds} seeds, {found.epochs} epochs of {found.learned_from:,} pictures, tested on "
        f"{found.tested_on:,}; {found.network}",
    ]


def _facts(found: Experiment) -> dict[str, Any]:
    from dataclasses import asdict

    facts = asdict(found)
    for row, outcome in zip(facts["outcomes"], found.outcomes, strict=True):
        row["bank"] = list(outcome.bank.shape)
        row |= {"mean": outcome.mean, "spread": outcome.spread}
    return facts


def _write(found: Experiment, out: str) -> None:
    import numpy as np

    from imgkernels import weights

    weights.write(out, {f"{o.name}/kernel": o.bank.astype(np.float32) for o in found.outcomes})


def _draw(found: Experiment, plot: str) -> None:
    from imgkernels.analysis.experiment.plot import plot as draw
    from imgkernels.nn import inside

    title = f"One network, its first layer frozen: {found.tested_on:,} test pictures"
    inside.save(draw(found, title), plot, title)
