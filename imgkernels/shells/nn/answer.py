"""`imgkernels nn summary|evaluate|predict|curves`: what a network is, and what it answers."""

from __future__ import annotations

import csv
import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.shells.command import Json
from imgkernels.shells.nn.words import Data, Invert, ModelFile, Net, Pictures, Target


def summary(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A network by name, like net-a, or weights.")
    ],
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="OUT", help="Draw it: .png, .svg or .html.")
    ] = None,
    net: Net = None,
) -> None:
    """Print the layers of a network with shapes and numbers of weights; draw them with --plot."""
    from imgkernels.nn import inside, zoo
    from imgkernels.shells.nn.subject import built, known

    if plot is not None:
        inside.check_path(plot)
    by_name = model in zoo.names() or not Path(model).exists()
    found = built(model) if by_name else known(model, net).model
    if plot is None:
        found.summary()
        return
    title = f"{found.name}: {found.count_params():,} weights"
    inside.save(inside.plot_structure(found, title), plot, title)


def evaluate(
    model: ModelFile,
    data: Data = "digits",
    train: Annotated[bool, typer.Option("--train", help="On what was learned from.")] = False,
    net: Net = None,
    json: Json = False,
) -> None:
    """Measure loss and accuracy on the test pictures of a data set."""
    from imgkernels.nn.data import load
    from imgkernels.shells.nn.subject import known

    subject = known(model, net)
    part = load(data, subject.size, subject.colour)[0 if train else 1]
    subject.check_fits(part, data)
    subject.model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    told = subject.model.evaluate(*subject.arrays(part))
    if json:
        print(json_.dumps({"model": model, "data": data, "pictures": len(part)} | told))
    else:
        measured = "  ".join(f"{name} {value:.4f}" for name, value in told.items())
        print(f"{measured}  on {len(part):,} pictures")


def predict(
    model: ModelFile,
    pictures: Pictures,
    top: Annotated[int, typer.Option("--top", min=1, help="How many classes to tell.")] = 3,
    invert: Invert = False,
    net: Net = None,
    json: Json = False,
) -> None:
    """Say what is on pictures, the most probable class first."""
    from imgkernels.shells.nn.subject import known
    from imgkernels.shells.speech import complain, printable

    subject = known(model, net)
    answers, failed = [], 0
    for path in pictures:
        try:
            scores = subject.scores(subject.picture(path, invert=invert))
        except FileProblem as error:
            complain(str(error))
            failed += 1
            continue
        best = scores.argsort()[::-1][:top]
        found = {subject.classes[number]: float(scores[number]) for number in best}
        answers.append({"image": path, "classes": found})
        if not json:
            told = "  ".join(f"{name} {share:.2%}" for name, share in found.items())
            print(f"{printable(path)}: {told}")
    if json:
        print(json_.dumps(answers))
    if failed:
        raise typer.Exit(1)


def curves(
    history: Annotated[str, typer.Argument(metavar="HISTORY", help="The .csv of a training.")],
    out: Target,
) -> None:
    """Draw loss and accuracy by epoch, of training and validation."""
    from imgkernels.nn import inside

    inside.check_path(out)
    title = f"training: {Path(history).name}"
    inside.save(inside.plot_curves(_read_history(history), title), out, title)


def _read_history(path: str) -> dict[str, list[float]]:
    """Return the columns of a history; raise `FileProblem` for what is none."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows: list[dict[str, Any]] = list(csv.DictReader(file))
        columns = {name: [float(row[name]) for row in rows] for name in rows[0]} if rows else {}
    except (ValueError, TypeError, csv.Error) as error:
        raise FileProblem(f"{path}: is no history of a training: {error}") from None
    if not columns.keys() - {"epoch"}:
        raise InvalidValue(f"{path}: holds no epoch yet")
    return columns
