"""Batches in an order that the seed and the epoch decide."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.values import Array, Floats

Places = npt.NDArray[np.intp]


class Flow:
    """Batches of changed pictures: `x`, or `(x, y)`, or `(x, y, sample_weight)`.

    `fit` takes it as it is. Each loop over it is one epoch and ends; the next loop is the next one.
    An epoch depends on the seed and its number alone, so that training which is taken up again
    sees the same pictures.
    """

    classes: tuple[str, ...] = ()
    gives_input = False  # the changed pictures themselves are what belongs to them

    def __init__(
        self,
        take: Callable[[Places], Array],
        change: Callable[[Array, np.random.Generator], Floats],
        chosen: Places,
        others: Sequence[Array],
        batch_size: int,
        shuffle: bool,
        seed: int,
    ) -> None:
        if batch_size < 1:
            raise InvalidValue(f"flow: batch_size must be 1 or more; got {batch_size}")
        if not len(chosen):
            raise InvalidValue("flow: there are no pictures to take")
        self._take, self._change, self._others = take, change, others
        self.chosen, self.batch_size, self.shuffle, self.seed = chosen, batch_size, shuffle, seed
        self._next = 0

    @property
    def samples(self) -> int:
        """The number of pictures in an epoch."""
        return len(self.chosen)

    def __len__(self) -> int:
        return math.ceil(self.samples / self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        self._next += 1
        return self.epoch(self._next - 1)

    def epoch(self, number: int) -> Iterator[Any]:
        """Yield the batches of one epoch, counted from 0."""
        dice = np.random.default_rng([self.seed, number])
        order = dice.permutation(self.chosen) if self.shuffle else self.chosen
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            x = self._change(self._take(places), dice)
            others = [x] if self.gives_input else [each[places] for each in self._others]
            yield (x, *others) if others else x
