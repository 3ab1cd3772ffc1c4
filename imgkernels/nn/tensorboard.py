"""A log for TensorBoard, by TensorBoard's own writer where it is installed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from imgkernels.errors import InvalidValue, MissingDependency
from imgkernels.nn.callbacks import Callback, Logs


class TensorBoard(Callback):
    """Writes losses, metrics and the learning rate for `tensorboard --logdir LOG_DIR`.

    As Keras lays them: numbers of training in `train`, of validation in `validation`, under
    "epoch_loss" and its like. `update_freq` is "epoch", or "batch", or so many steps, after which
    "batch_loss" and its like are told too. Raises `MissingDependency` where there is no writer.
    """

    def __init__(
        self, log_dir: str | os.PathLike[str] = "logs", update_freq: str | int = "epoch"
    ) -> None:
        every = {"epoch": 0, "batch": 1}.get(str(update_freq), update_freq)
        if not isinstance(every, int) or (every < 1 and update_freq != "epoch"):
            raise InvalidValue(
                f"TensorBoard: update_freq must be 'epoch', 'batch' or some steps; "
                f"got {update_freq!r}"
            )
        self.log_dir, self.every = Path(log_dir), every
        self._new_writer = _writer()
        self._writers: dict[str, Any] = {}

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        step = self.model.trained_by.iterations
        if self.every and step % self.every == 0:
            self._write("train", step, {f"batch_{name}": value for name, value in logs.items()})

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        validation = {n.removeprefix("val_"): v for n, v in logs.items() if n.startswith("val_")}
        training = {n: v for n, v in logs.items() if not n.startswith("val_")}
        training["learning_rate"] = self.model.trained_by.rate
        for part, told in (("train", training), ("validation", validation)):
            if told:
                self._write(part, epoch, {f"epoch_{name}": value for name, value in told.items()})
                self._writers[part].flush()

    def on_train_end(self) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}

    def _write(self, part: str, step: int, scalars: Logs) -> None:
        import time

        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        if part not in self._writers:
            self._writers[part] = self._new_writer(str(self.log_dir / part))
        told = [Summary.Value(tag=name, simple_value=value) for name, value in scalars.items()]
        event = Event(wall_time=time.time(), step=step, summary=Summary(value=told))
        self._writers[part].add_event(event)


def _writer() -> Any:
    try:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter
    except ImportError:
        raise MissingDependency("TensorBoard takes its writer: pip install tensorboard") from None
    return EventFileWriter
