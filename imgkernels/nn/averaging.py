"""The exponential moving average of weights (S4-9): steadier than the weights of the last step."""

from __future__ import annotations

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.callbacks import Callback, Logs
from imgkernels.values import Floats


class MovingAverage(Callback):
    """Keeps `average = d * average + (1 - d) * weights` after every step; training ends with it.

    `d` is `decay`, but at most `(1 + steps) / (10 + steps)`, so that the first steps are forgotten
    soon, as TensorFlow's `num_updates` does. `swap()` exchanges averages and weights. It stands
    before a `ModelCheckpoint` among the callbacks, which keeps the average of the same step.
    """

    def __init__(self, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise InvalidValue(f"MovingAverage: decay must be from 0 to below 1; got {decay!r}")
        self.decay, self.steps_done = decay, 0
        self.averages: list[Floats] = []

    def on_train_begin(self) -> None:
        if not self.averages:
            self.averages = [v.value.copy() for v in self.model.network.variables]

    def on_batch_end(self, batch: int, logs: Logs) -> None:
        self.steps_done += 1
        decay = min(self.decay, (1 + self.steps_done) / (10 + self.steps_done))
        for average, variable in zip(self.averages, self.model.network.variables, strict=True):
            np.add(average, (variable.value - average) * (1 - decay), out=average)

    def swap(self) -> None:
        """Put the averages in the network, and what was there among the averages."""
        for average, variable in zip(self.averages, self.model.network.variables, strict=True):
            kept = variable.value.copy()
            variable.value[...] = average
            average[...] = kept

    def on_train_end(self) -> None:
        self.swap()
