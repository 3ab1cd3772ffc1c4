"""One training as the command line asked for it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from imgkernels.errors import FileProblem, InvalidValue, unknown
from imgkernels.nn import recipes, saving
from imgkernels.nn.callbacks import Callback, CSVLogger
from imgkernels.nn.data import Dataset, Splits, load
from imgkernels.shells.nn.subject import Known, built, described
from imgkernels.shells.speech import complain, note
from imgkernels.weights.writing import WRITERS

if TYPE_CHECKING:
    from imgkernels.nn.callbacks import Logs
    from imgkernels.nn.model import Model


class Keeper(Callback):
    """Writes the weights after each epoch, whole or not at all."""

    def __init__(self, path: str, words: Mapping[str, str]) -> None:
        self.path, self.words, self.done = path, words, 0

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Write what was learned so far."""
        saving.save_weights(self.model, self.path, {**self.words, "epoch": str(epoch + 1)})
        self.done = epoch + 1


@dataclass(frozen=True)
class Job:
    """What to train on what, how, and where the weights go."""

    out: str
    model: str
    data: str
    epochs: int
    recipe: str
    seed: int
    validation: float
    start: str | None
    history: str | None
    json: bool

    def run(self) -> None:
        """Train and tell; everything that can be refused is refused before anything is learned."""
        self._check()
        recipe = recipes.named(self.recipe)
        subject, parts = self._ready()
        held = None
        learned = parts.train
        if self.validation:
            learned, held = learned.split(self.validation, self.seed)
        keeper = Keeper(self.out, described(self.model, subject.classes))
        every = [keeper, *([CSVLogger(self.history)] if self.history else [])]
        try:
            told = recipe.train(
                subject.model,
                *subject.arrays(learned),
                epochs=self.epochs,
                validation=None if held is None else subject.arrays(held),
                callbacks=every,
            )
        except KeyboardInterrupt:
            kept = f"{self.out} holds epoch {keeper.done} of {self.epochs}"
            complain(f"interrupted; {kept if keeper.done else 'nothing was written'}")
            raise typer.Exit(130) from None
        saving.save_weights(subject.model, self.out, {**keeper.words, "epoch": str(self.epochs)})
        self._tell(subject, parts.test, told.history)

    def _check(self) -> None:
        for path, suffixes in ((self.out, tuple(WRITERS)), (self.history, (".csv",))):
            if path is None:
                continue
            if Path(path).suffix.lower() not in suffixes:
                raise unknown("format of weights", Path(path).suffix or path, suffixes)
            if not os.path.isdir(Path(path).parent):
                raise FileProblem(f"{path}: there is no folder {Path(path).parent}")
        if not 0 <= self.validation < 1:
            raise InvalidValue(f"--validation must be from 0 to below 1; got {self.validation:g}")

    def _ready(self) -> tuple[Known, Splits]:
        """Return the network, as many classes wide as the data has, and the data."""
        plain = Known(built(self.model), ())
        parts = load(self.data, plain.size, plain.colour)
        subject = Known(built(self.model, parts.train.count, self.seed), parts.train.classes)
        subject.check_fits(parts.train, self.data)
        if self.start is not None:
            self._begin(subject.model, self.start)
        subject.model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return subject, parts

    def _begin(self, model: Model, start: str) -> None:
        """Fill the layers whose names and shapes a file has too, and say which they are."""
        loaded = saving.load_weights(model, start, by_name=True, skip_mismatch=True)
        if not loaded.taken:
            raise InvalidValue(f"{start}: has no layer of a name and shape of {model.name}'s")
        anew = f"; {', '.join(loaded.left)} anew" if loaded.left else ""
        note([f"{', '.join(loaded.taken)} start from {start}{anew}"])

    def _tell(self, subject: Known, test: Dataset, history: Mapping[str, Sequence[float]]) -> None:
        told: dict[str, Any] = subject.model.evaluate(*subject.arrays(test))
        if self.json:
            print(json.dumps({"out": self.out, "history": dict(history), "test": told}))
            return
        measured = "  ".join(f"{name} {value:.4f}" for name, value in told.items())
        print(f"test: {measured}  on {len(test):,} pictures; weights in {self.out}")
