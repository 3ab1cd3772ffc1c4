"""What training says while it runs: a bar with the time left, or a line per epoch."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from imgkernels.nn.callbacks import Callback, Logs

_WIDTH = 30


def epoch_line(epoch: int, epochs: int, seconds: float, logs: Logs) -> str:
    """Return the line of an epoch, as Keras prints it.

    >>> epoch_line(0, 5, 10.2, {"loss": 0.1833, "accuracy": 0.9419})
    'Epoch 1/5 - 10s - loss: 0.1833 - accuracy: 0.9419'
    """
    told = "".join(f" - {name}: {value:.4f}" for name, value in logs.items())
    return f"Epoch {epoch + 1}/{epochs} - {seconds:.0f}s{told}"


class Lines(Callback):
    """Prints a line per epoch."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream

    def on_epoch_begin(self, epoch: int) -> None:
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        taken = time.perf_counter() - self.start
        print(epoch_line(epoch, self.epochs, taken, logs), file=self.stream or sys.stderr)


class ProgressBar(Lines):
    """Draws a bar with the time left, where the stream is a terminal; then the epoch's line."""

    def on_epoch_begin(self, epoch: int) -> None:
        super().on_epoch_begin(epoch)
        self.drawn = self.start

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        stream, now = self.stream or sys.stderr, time.perf_counter()
        if not stream.isatty() or now - self.drawn < 0.1:
            return
        self.drawn, done = now, (batch + 1) / self.steps
        left = (now - self.start) * (1 / done - 1)
        bar = "=" * int(_WIDTH * done)
        told = "".join(f" - {name}: {value:.4f}" for name, value in logs.items())
        print(
            f"\r{batch + 1}/{self.steps} [{bar:<{_WIDTH}}] {left:.0f}s{told}", end="", file=stream
        )

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if (self.stream or sys.stderr).isatty():
            print("\r\x1b[K", end="", file=self.stream or sys.stderr)
        super().on_epoch_end(epoch, logs)
