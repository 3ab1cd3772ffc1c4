"""Ways of training: the source's own, and the one that learns most in the same epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imgkernels.errors import unknown
from imgkernels.nn.averaging import MovingAverage
from imgkernels.nn.callbacks import Callback, History
from imgkernels.nn.data import ImageDataGenerator
from imgkernels.nn.losses import Loss, SparseCategoricalCrossentropy
from imgkernels.nn.optimizers import Adam, Optimizer, RMSprop
from imgkernels.nn.schedules import CosineDecay
from imgkernels.values import Array

if TYPE_CHECKING:
    from imgkernels.nn.model import Model


@dataclass(frozen=True)
class Recipe:
    """An optimiser for so many steps, the loss, the size of batches, how pictures are changed.

    `decay` is that of the weights' moving average, with which training ends; None keeps none.
    """

    name: str
    optimizer: Callable[[int], Optimizer]
    loss: Loss = SparseCategoricalCrossentropy()  # noqa: RUF009 (frozen)
    batch_size: int = 64
    decay: float | None = None
    changes: ImageDataGenerator | None = None

    def train(
        self,
        model: Model,
        x: Array,
        y: Array,
        *,
        epochs: int,
        validation: Sequence[Any] | None = None,
        callbacks: Sequence[Callback] = (),
        verbose: int = 1,
    ) -> History:
        """Train a model on pictures and whole numbers; its seed decides all that is random."""
        steps = epochs * math.ceil(len(x) / self.batch_size)
        model.compile(self.optimizer(steps), self.loss, ["accuracy"])
        average = [] if self.decay is None else [MovingAverage(self.decay)]
        return model.fit(
            x, y, self.batch_size, epochs, verbose, [*average, *callbacks],
            validation_data=validation,
            augment=None if self.changes is None else self.changes.changed,
        )  # fmt: skip


RECIPES = {
    "source": Recipe("source", lambda steps: RMSprop()),
    # Chosen on 10,000 of the training pictures: tests/bench/results/mnist_search.json.
    "best": Recipe(
        "best",
        lambda steps: Adam(CosineDecay(3e-4, steps - steps // 32, 1e-3, 3e-3, steps // 32)),
        SparseCategoricalCrossentropy(label_smoothing=0.05),
        batch_size=32,
        decay=0.999,
        changes=ImageDataGenerator(
            rotation_range=8,
            width_shift_range=0.05,
            height_shift_range=0.05,
            zoom_range=0.08,
            fill_mode="constant",
        ),
    ),
}


def named(name: str) -> Recipe:
    """Return a recipe; raise `UnknownName` with the near match."""
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    return RECIPES[name]
