"""`imgkernels nn train`: a network of the zoo on pictures, a checkpoint after each epoch."""

from __future__ import annotations

from typing import Annotated

import typer

from imgkernels.shells.command import Json
from imgkernels.shells.nn.words import Data


def train(
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The weights: .npz or .safetensors.")
    ] = "model.npz",
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="The network; see nn summary NAME.")
    ] = "net-a",
    data: Data = "digits",
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Times through all.")] = 5,
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="best|source", help="source: as Keras's example.")
    ] = "best",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Decides all that is random.")] = 0,
    validation: Annotated[
        float, typer.Option("--validation", metavar="SHARE", help="Kept to watch the training by.")
    ] = 0.0,
    start: Annotated[
        str | None,
        typer.Option("--start", metavar="FILE", help="Weights to start from, layers by name."),
    ] = None,
    history: Annotated[
        str | None, typer.Option("--history", metavar="FILE", help="Loss and accuracy as .csv.")
    ] = None,
    json: Json = False,
) -> None:
    """Train a network on pictures; tell loss and accuracy of each epoch, then of the test.

    OUT holds the weights after each epoch: Ctrl-C loses one epoch at most.
    """
    from imgkernels.shells.nn.training import Job

    Job(out, model, data, epochs, recipe, seed, validation, start, history, json).run()
