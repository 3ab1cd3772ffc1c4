"""Checkpoints: all that training needs to go on, bit for bit, from where it was killed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files.atomic import replace_file
from imgkernels.nn.averaging import MovingAverage
from imgkernels.nn.callbacks import Logs, Mode, Watch
from imgkernels.values import Array

if TYPE_CHECKING:
    from imgkernels.nn.model import Model

_FORMAT = 1


class ModelCheckpoint(Watch):
    """Writes the state of training after every epoch, or every `save_freq` steps; whole or not.

    `filepath` may hold "{epoch}" (from 1) and the names of the logs. `save_best_only` writes where
    `monitor` became better than before, and than `initial_value_threshold`. The file is an .npz
    with weights, the optimiser's state and the place in training; `resume(model, path)` goes on
    from it. What is random depends on the model's seed, the epoch and the step alone, so no
    generator's state need be kept. `save_weights_only` writes weights alone, as .npz or
    .safetensors, for `load_weights`.
    """

    def __init__(
        self,
        filepath: str | Path,
        monitor: str = "val_loss",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: Mode = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        if save_freq != "epoch" and (not isinstance(save_freq, int) or save_freq < 1):
            raise InvalidValue(
                f"ModelCheckpoint: save_freq must be 'epoch' or some steps; got {save_freq!r}"
            )
        self.filepath, self.save_best_only = str(filepath), save_best_only
        self.save_weights_only = save_weights_only
        if initial_value_threshold is not None:
            self.best = self.sign * initial_value_threshold
        self.every = save_freq if isinstance(save_freq, int) else 0

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        if self.every and self.model.trained_by.iterations % self.every == 0:
            self._write(self.model.place[0], logs)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if not self.every and (not self.save_best_only or self.better(logs)):
            self._write(epoch, logs)

    def _write(self, epoch: int, logs: Logs) -> None:
        path = Path(self.filepath.format(epoch=epoch + 1, **logs))
        if self.save_weights_only:
            self.model.save_weights(path)
            return
        averages = [c for c in self.model.watched_by if isinstance(c, MovingAverage)]
        replace_file(path, packed(self.model, averages[0] if averages else None))


def packed(model: Model, average: MovingAverage | None = None) -> bytes:
    """Return the bytes of a checkpoint."""
    optimizer, (epoch, batch) = model.trained_by, model.place
    arrays: dict[str, Array] = {f"weight/{k}": v for k, v in model.named_weights().items()}
    for slot, values in optimizer.state.items():
        arrays |= {f"slot/{slot}/{number}": value for number, value in enumerate(values)}
    if average is not None:
        arrays |= {f"average/{number}": value for number, value in enumerate(average.averages)}
    tally = model.tally
    told = {
        "format": _FORMAT, "epoch": epoch, "batch": batch, "iterations": optimizer.iterations,
        "optimizer": type(optimizer).__name__, "seed": model.seed,
        "averaged": average.steps_done if average is not None else None,
        "count": 0 if tally is None else tally.count,
        "rate": None if callable(optimizer.learning_rate) else optimizer.learning_rate,
    }  # fmt: skip
    arrays["sums"] = np.zeros(0) if tally is None else tally.sums
    arrays["told"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def resume(model: Model, path: str | Path, average: MovingAverage | None = None) -> int:
    """Put a checkpoint into a compiled model; return the epoch to give to `fit(initial_epoch=)`.

    `fit` then goes on after the step that was kept, in the middle of an epoch too. An `average` is
    the callback that goes on averaging. Raises `FileProblem` for a file that is no checkpoint, and
    `InvalidValue` for one of another network, optimiser or seed; then nothing was changed.
    """
    found, told = _read(Path(path))
    optimizer = model.trained_by
    if told["optimizer"] != type(optimizer).__name__ or told["seed"] != model.seed:
        raise InvalidValue(
            f"{path}: was made with {told['optimizer']} and seed {told['seed']}; "
            f"got {type(optimizer).__name__} and {model.seed}"
        )
    wanted = {f"weight/{k}": v for k, v in model.named_weights().items()}
    optimizer.build(model.network.variables)
    for slot, values in optimizer.state.items():
        wanted |= {f"slot/{slot}/{number}": value for number, value in enumerate(values)}
    if average is not None:
        average.averages = [v.value.copy() for v in model.network.variables]
        wanted |= {f"average/{number}": value for number, value in enumerate(average.averages)}
    for name, value in wanted.items():
        if name not in found or found[name].shape != value.shape:
            raise InvalidValue(f"{path}: is of another network: {name} is not as it should be")
    for name, value in wanted.items():
        value[...] = found[name]
    optimizer.iterations = told["iterations"]
    if told["rate"] is not None and not callable(optimizer.learning_rate):
        optimizer.learning_rate = told["rate"]
    if average is not None:
        average.steps_done = told["averaged"] or 0
    model.resume_at(told["epoch"], told["batch"], told["count"], found["sums"])
    return int(told["epoch"])


def _read(path: Path) -> tuple[dict[str, Array], dict[str, Any]]:
    from imgkernels import weights

    found = dict(weights.read(path))
    try:
        told = json.loads(found.pop("told").tobytes())
        if told["format"] != _FORMAT:
            raise FileProblem(f"{path}: is a checkpoint of format {told['format']}, not {_FORMAT}")
    except (KeyError, ValueError, TypeError) as error:
        raise FileProblem(f"{path}: is no checkpoint of a training") from error
    return found, told
