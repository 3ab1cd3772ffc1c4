"""Pictures with their classes, as a value; where they come from is told elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.values import Array, Floats, white_of


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures `(N, H, W, C)` with the number of each one's class, and the names of the classes."""

    images: Array
    labels: npt.NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.labels.shape != self.images.shape[:1]:
            raise InvalidValue(
                "dataset: images must be (N, H, W, C), labels (N,); "
                f"got {self.images.shape} and {self.labels.shape}"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < self.count:
            raise InvalidValue(
                f"dataset: labels must be 0 to {self.count - 1}; "
                f"got {self.labels.min()} to {self.labels.max()}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def count(self) -> int:
        """The number of classes."""
        return len(self.classes)

    def x(self, *, channels_first: bool = False) -> Floats:
        """Return the pictures as float32, black 0 and white 1."""
        shown = self.images.transpose(0, 3, 1, 2) if channels_first else self.images
        x: Floats = shown.astype(np.float32)
        x /= np.float32(white_of(self.images.dtype))
        return x

    def y(self) -> Floats:
        """Return the classes one-hot, float32 `(N, count)`."""
        return one_hot(self.labels, self.count)

    def __getitem__(self, chosen: slice | npt.NDArray[np.integer]) -> Dataset:
        return Dataset(self.images[chosen], self.labels[chosen], self.classes)

    def split(self, share: float, seed: int = 0) -> Splits:
        """Return two parts, the second with this share of every class, drawn by the seed."""
        if not 0 < share < 1:
            raise InvalidValue(f"dataset: the share to split off must be in (0, 1); got {share!r}")
        order = np.random.default_rng(seed).permutation(len(self))
        ranks = np.empty(len(self), np.int64)
        for number in range(self.count):
            members = order[self.labels[order] == number]
            ranks[members] = np.arange(len(members)) < round(share * len(members))
        return Splits(self[np.flatnonzero(ranks == 0)], self[np.flatnonzero(ranks)])


class Splits(NamedTuple):
    """What is learned from, and what is kept for the test."""

    train: Dataset
    test: Dataset


def one_hot(labels: npt.ArrayLike, count: int) -> Floats:
    """Return a row for each label, 1 at its place.

    >>> one_hot([1, 0], 3).tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    """
    rows: Floats = np.eye(count, dtype=np.float32)[np.asarray(labels)]
    return rows
