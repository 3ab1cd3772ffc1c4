"""One network, its first layer frozen to bank after bank, tells what learning it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imgkernels.analysis.experiment.banks import LEARNED, RANDOM, handcrafted, unit
from imgkernels.errors import InvalidValue
from imgkernels.nn import Conv2D, Dense, Flatten, MaxPooling2D, Sequential, recipes
from imgkernels.nn.data import Dataset, Splits
from imgkernels.nn.initializers import Given
from imgkernels.nn.layer import Layer
from imgkernels.values import Floats

FIRST = "first"
_LEAST = 12  # pixels of a side: two poolings and a window of 3 are left of it
Heard = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """A bank's accuracies on the test pictures, one for each seed, and the bank of the first seed.

    `bank` is `(size, size, channels, filters)`; `seconds` is what all its trainings took.
    """

    name: str
    accuracies: tuple[float, ...]
    bank: Floats = field(repr=False, compare=False)
    seconds: float = field(compare=False)

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return float(np.mean(self.accuracies))

    @property
    def spread(self) -> float:
        """The standard deviation over the seeds, of a sample; 0 for one seed."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.accuracies) > 1 else 0.0

    def over(self, other: Outcome) -> tuple[float, float]:
        """Return how far it lies above another, seed by seed: the mean and its standard error."""
        apart = np.subtract(self.accuracies, other.accuracies)
        error = float(np.std(apart, ddof=1)) / len(apart) ** 0.5 if len(apart) > 1 else 0.0
        return float(apart.mean()), error


@dataclass(frozen=True)
class Experiment:
    """What was found, with what it was found on."""

    outcomes: tuple[Outcome, ...]
    network: str
    learned_from: int
    tested_on: int
    classes: int
    epochs: int
    recipe: str
    size: int


def first_layer(
    parts: Splits,
    banks: Sequence[str] = (LEARNED, "sobel", "gabor", "frei-chen", RANDOM),
    *,
    seeds: int = 3,
    epochs: int = 5,
    filters: int = 8,
    size: int = 5,
    recipe: str = "source",
    heard: Heard = lambda _: None,
) -> Experiment:
    """Train one network on pictures with its first layer frozen to each bank, for several seeds.

    The network: the bank (`filters` windows of `size` x `size`, each of length 1, frozen), ReLU,
    pooling, 16 filters of 3 x 3, ReLU, pooling, a dense layer. "learned" is the first layer of the
    same network, trained whole from another seed; "random" is drawn anew for each seed; every
    other word is a bank or a filter with kernels, the same on all channels. A seed decides the
    other layers' start and the order of the pictures, the same for every bank.

    Raises `InvalidValue` and `UnknownName` before anything is trained.
    """
    _check(parts, banks, seeds, filters, size)
    fixed = {w: handcrafted(w, size, filters) for w in banks if w not in (LEARNED, RANDOM)}
    trainer = _Trainer(parts, epochs, recipes.named(recipe), size, filters)
    outcomes = []
    for word in banks:
        started = time.perf_counter()
        made = [trainer.bank(word, seed, seeds, fixed) for seed in range(seeds)]
        found = []
        for seed, bank in enumerate(made):
            found.append(trainer.accuracy(bank, seed))
            heard(f"{word}, seed {seed}: {found[-1]:.4f}")
        seconds = time.perf_counter() - started
        outcomes.append(Outcome(word, tuple(found), made[0], seconds))
    train = parts.train
    network = f"bank, ReLU, pool, 16 x 3 x 3, ReLU, pool, dense {train.count}"
    return Experiment(
        tuple(outcomes), network, len(train), len(parts.test), train.count, epochs, recipe, size
    )


@dataclass(frozen=True)
class _Trainer:
    parts: Splits
    epochs: int
    recipe: recipes.Recipe
    size: int
    filters: int

    @property
    def channels(self) -> int:
        return int(self.parts.train.images.shape[-1])

    def bank(self, word: str, seed: int, seeds: int, fixed: dict[str, Floats]) -> Floats:
        """Return `(size, size, channels, filters)`, every filter of length 1."""
        if word == LEARNED:  # from a seed that no network here starts with
            made = self._learned(seeds + seed)
        elif word == RANDOM:
            rng = np.random.default_rng([seed, 1])
            made = rng.normal(size=(self.size, self.size, self.channels, self.filters))
        else:
            made = np.repeat(fixed[word][:, :, np.newaxis], self.channels, axis=2)
        return np.stack([unit(made[..., n]) for n in range(made.shape[-1])], axis=-1)

    def accuracy(self, bank: Floats, seed: int) -> float:
        """Train what lies above a frozen bank; return the share of the test that it gets right."""
        frozen = self._first(bank.shape[-1], kernel_initializer=Given(bank), trainable=False)
        return self._trained(frozen, seed)[1]

    def _learned(self, seed: int) -> Floats:
        return self._trained(self._first(self.filters), seed)[0]

    def _first(self, filters: int, **options: Any) -> Conv2D:
        shape = self.parts.train.images.shape[1:]
        return Conv2D(
            filters, self.size, padding="same", activation="relu", use_bias=False, name=FIRST,
            input_shape=shape, **options,
        )  # fmt: skip

    def _trained(self, first: Conv2D, seed: int) -> tuple[Floats, float]:
        classes = self.parts.train.count
        rest: list[Layer] = [
            MaxPooling2D(2), Conv2D(16, 3, activation="relu"), MaxPooling2D(2), Flatten(),
            Dense(classes, activation="softmax"),
        ]  # fmt: skip
        model = Sequential([first, *rest], seed=seed)
        x, y = _arrays(self.parts.train)
        self.recipe.train(model, x, y, epochs=self.epochs, verbose=0)
        told: dict[str, Any] = model.evaluate(*_arrays(self.parts.test))
        return first.kernel.value.astype(np.float64), float(told["accuracy"])


def _arrays(part: Dataset) -> tuple[Floats, Any]:
    return part.x(), part.labels


def _check(parts: Splits, banks: Sequence[str], seeds: int, filters: int, size: int) -> None:
    if not banks or len(set(banks)) < len(banks):
        raise InvalidValue(f"experiment: kernels must be named once each; got {', '.join(banks)}")
    if seeds < 1 or filters < 1:
        raise InvalidValue(f"experiment: seeds and filters are from 1; got {seeds} and {filters}")
    if size < 3 or size % 2 == 0:
        raise InvalidValue(f"experiment: size must be odd and at least 3; got {size}")
    height, width = parts.train.images.shape[1:3]
    if min(height, width) < _LEAST:
        raise InvalidValue(
            f"experiment: pictures must be at least {_LEAST} pixels a side; got {height} x {width}"
        )
