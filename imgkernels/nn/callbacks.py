"""What may look on while a network is trained, and stop it; Keras's names."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from imgkernels.errors import InvalidValue
from imgkernels.values import Floats

if TYPE_CHECKING:
    from imgkernels.nn.model import Model

Logs = dict[str, float]
Mode = Literal["auto", "min", "max"]


class Callback:
    """Override what you need; `self.model` is the model that is trained, `self.epochs` its goal."""

    model: Model
    epochs: int
    steps: int

    def on_train_begin(self) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch, counted from 0."""

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        """After a step, counted from 0 in its epoch; `logs` are the means of the epoch so far."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation."""

    def on_train_end(self) -> None:
        """After the last epoch."""


class History(Callback):
    """What each epoch gave: `history["loss"]` and its like are lists, one number per epoch."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        self.epoch.append(epoch)
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)


class Watch(Callback):
    """What callbacks share that wait for a number to become better."""

    def __init__(self, monitor: str, mode: Mode = "auto", min_delta: float = 0.0) -> None:
        if mode not in ("auto", "min", "max"):
            raise InvalidValue(
                f"{type(self).__name__}: mode must be auto, min or max; got {mode!r}"
            )
        up = mode == "max" or (mode == "auto" and "acc" in monitor)
        self.monitor, self.sign, self.min_delta = monitor, 1.0 if up else -1.0, abs(min_delta)
        self.best = -math.inf

    def better(self, logs: Logs) -> bool:
        """Tell whether this epoch is the best so far, and remember it."""
        if self.monitor not in logs:
            raise InvalidValue(
                f"{type(self).__name__}: monitor must be one of {', '.join(logs)}; "
                f"got {self.monitor!r}"
            )
        value = self.sign * logs[self.monitor]
        if not value > self.best + self.min_delta:
            return False
        self.best = value
        return True


class EarlyStopping(Watch):
    """Stops where `monitor` has not become better for `patience` epochs in a row.

    Epochs are waited for from the start until one is better than `baseline`, though none ends the
    training that is the best so far; the first `start_from_epoch` epochs do not count at all.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: Mode = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience, self.restore = patience, restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.baseline = -math.inf if baseline is None else self.sign * baseline
        self.waited, self.kept = 0, list[Floats]()

    def on_train_begin(self) -> None:
        self.waited, self.best, self.kept = 0, -math.inf, []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if epoch < self.start_from_epoch:
            return
        self.waited += 1
        if self.better(logs):
            if self.best > self.baseline + self.min_delta:
                self.waited = 0
            self.kept = self.model.get_weights() if self.restore else []
            return
        if self.waited >= max(self.patience, 1):
            self.model.stop_training = True

    def on_train_end(self) -> None:
        if self.kept:
            self.model.set_weights(self.kept)


class LearningRateScheduler(Callback):
    """Sets the learning rate of each epoch: `schedule(epoch, rate)`, or `schedule(epoch)`."""

    def __init__(self, schedule: Callable[..., float]) -> None:
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int) -> None:
        import inspect

        many = len(inspect.signature(self.schedule).parameters)
        optimizer = self.model.trained_by
        optimizer.learning_rate = float(self.schedule(*(epoch, optimizer.rate)[:many]))


class CSVLogger(Callback):
    """Keeps a CSV of the epochs; the file is whole after each of them.

    `append`: goes on with the lines that are there, from the epoch that comes.
    """

    def __init__(self, filename: str | Path, separator: str = ",", append: bool = False) -> None:
        self.path, self.separator, self.append = Path(filename), separator, append
        self.lines: list[list[str]] = []

    def on_train_begin(self) -> None:
        self.lines = []
        if self.append and self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                self.lines = list(csv.reader(file, delimiter=self.separator))

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        from imgkernels.files.atomic import replace_file

        head = ["epoch", *sorted(logs)]
        body = [line for line in self.lines[1:] if int(line[0]) < epoch]
        self.lines = [head, *body, [str(epoch), *(repr(logs[name]) for name in head[1:])]]
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.separator, lineterminator="\n").writerows(self.lines)
        replace_file(self.path, text.getvalue().encode("utf-8"))
