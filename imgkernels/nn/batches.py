"""Where training's batches come from: arrays, or what makes them epoch by epoch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.values import Array, Floats


class Batch(NamedTuple):
    """Inputs, targets, and a weight for each sample or None."""

    xs: list[Array]
    y: Array
    weights: Floats | None = None


class Source(Protocol):
    """Makes the batches of an epoch, the same ones whenever it is asked for that epoch.

    `len` is the number of batches of an epoch; `epoch(number)` yields `(x, y)` or
    `(x, y, sample_weight)`.
    """

    def __len__(self) -> int: ...
    def epoch(self, number: int) -> Iterator[Sequence[Any]]: ...


@dataclass
class Arrays:
    """Batches cut from arrays, in an order drawn anew for each epoch from the seed."""

    xs: list[Array]
    y: Array
    weights: Floats | None
    size: int
    shuffle: bool
    seed: int
    augment: Callable[[Array, np.random.Generator], Array] | None = None

    def __len__(self) -> int:
        return math.ceil(len(self.y) / self.size)

    def epoch(self, number: int) -> Iterator[Sequence[Any]]:
        """Yield the batches of one epoch."""
        order = np.arange(len(self.y))
        if self.shuffle:
            np.random.default_rng([self.seed, number]).shuffle(order)
        for start in range(0, len(order), self.size):
            pick = order[start : start + self.size]
            xs = [x[pick] for x in self.xs]
            if self.augment is not None:
                xs[0] = self.augment(xs[0], np.random.default_rng([self.seed, number, start]))
            yield xs, self.y[pick], None if self.weights is None else self.weights[pick]


class Flowing:
    """What can be looped over once an epoch, has a length, and is told the epoch's number.

    That is `ImageDataGenerator.flow`; other iterables with a length start anew by themselves.
    """

    def __init__(self, flow: Any) -> None:
        self.flow = flow

    def __len__(self) -> int:
        return len(self.flow)

    def epoch(self, number: int) -> Iterator[Sequence[Any]]:
        """Yield the batches of one epoch."""
        if hasattr(self.flow, "epoch"):
            self.flow.epoch = number
        return iter(self.flow)


class Stream:
    """An endless iterator of batches, `steps` of which are an epoch."""

    def __init__(self, source: Any, steps: int | None) -> None:
        if steps is None:
            raise InvalidValue("fit: a generator needs steps_per_epoch, as it has no length")
        self.batches, self.steps = iter(source), steps

    def __len__(self) -> int:
        return self.steps

    def epoch(self, number: int) -> Iterator[Sequence[Any]]:
        """Yield the next `steps` batches, whatever the epoch's number."""
        return itertools.islice(self.batches, self.steps)


def source_of(given: Any, steps: int | None) -> Source:
    """Return what makes batches from whatever was given in place of arrays."""
    if callable(getattr(given, "epoch", None)):
        return cast(Source, given)
    return Flowing(given) if hasattr(given, "__len__") else Stream(given, steps)


def as_batch(given: Sequence[Any], weigh: dict[int, float] | None = None) -> Batch:
    """Read what a source yields; class weights are multiplied into those of the samples."""
    if not 2 <= len(given) <= 3:
        raise InvalidValue(
            f"fit: a batch must be (x, y) or (x, y, sample_weight); got {len(given)} parts"
        )
    x, y = given[0], np.asarray(given[1])
    xs = [np.asarray(one) for one in (x if isinstance(x, list | tuple) else [x])]
    weights: Floats | None = (
        None if len(given) < 3 or given[2] is None else np.asarray(given[2], np.float64)
    )
    if weigh is not None:
        each = class_weights(y, weigh)
        weights = each if weights is None else weights * each
    return Batch(xs, y, weights)


def class_weights(y: Array, weigh: dict[int, float]) -> Floats:
    """Return each sample's weight by its class; a class without one has 1."""
    numbers = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y))
    weights = np.ones(len(numbers))
    for number, weight in weigh.items():
        weights[numbers == number] = weight
    return weights


def checked(xs: Sequence[npt.ArrayLike], y: npt.ArrayLike, weights: Any) -> tuple[Any, Any, Any]:
    """Return arrays that are as long as each other, or say which are not."""
    arrays, target = [np.asarray(x) for x in xs], np.asarray(y)
    lengths = {len(a) for a in (*arrays, target)}
    if weights is not None:
        weights = np.asarray(weights, np.float64)
        lengths.add(len(weights))
    if len(lengths) > 1 or not len(target):
        raise InvalidValue(
            f"x, y and weights must hold as many samples as each other, and one at least; "
            f"got {', '.join(str(n) for n in sorted(lengths))}"
        )
    return arrays, target, weights
