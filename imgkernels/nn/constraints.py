"""What weights are held to after every step; Keras's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imgkernels.errors import unknown
from imgkernels.values import Floats

_EPSILON = 1e-7  # Keras's, against division by 0


class Constraint(Protocol):
    """Takes the weights after a step, gives those that are kept."""

    def __call__(self, w: Floats) -> Floats: ...


@dataclass(frozen=True)
class NonNeg:
    """No weight below 0."""

    def __call__(self, w: Floats) -> Floats:
        return np.maximum(w, 0)


@dataclass(frozen=True)
class UnitNorm:
    """The weights of each output have the norm 1; `axis` as in Keras: what a norm runs over.

    For a convolution `(kh, kw, in, out)` take `axis=(0, 1, 2)`.
    """

    axis: int | Sequence[int] = 0

    def __call__(self, w: Floats) -> Floats:
        scaled: Floats = w / (_norm(w, self.axis) + w.dtype.type(_EPSILON))
        return scaled


@dataclass(frozen=True)
class MaxNorm:
    """The weights of each output have a norm of at most `max_value`."""

    max_value: float = 2.0
    axis: int | Sequence[int] = 0

    def __call__(self, w: Floats) -> Floats:
        norm = _norm(w, self.axis)
        scaled: Floats = w * (norm.clip(0, self.max_value) / (norm + w.dtype.type(_EPSILON)))
        return scaled


@dataclass(frozen=True)
class MinMaxNorm:
    """The weights of each output have a norm from `min_value` to `max_value`, by a share `rate`."""

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: int | Sequence[int] = 0

    def __call__(self, w: Floats) -> Floats:
        norm = _norm(w, self.axis)
        wanted = self.rate * norm.clip(self.min_value, self.max_value) + (1 - self.rate) * norm
        scaled: Floats = w * (wanted / (norm + w.dtype.type(_EPSILON)))
        return scaled


def _norm(w: Floats, axis: int | Sequence[int]) -> Floats:
    axes = axis if isinstance(axis, int) else tuple(axis)
    norm: Floats = np.sqrt(np.square(w).sum(axis=axes, keepdims=True))
    return norm


NAMED: dict[str, type[NonNeg | UnitNorm | MaxNorm | MinMaxNorm]] = {
    "non_neg": NonNeg, "unit_norm": UnitNorm, "max_norm": MaxNorm, "min_max_norm": MinMaxNorm,
}  # fmt: skip


def constraint(word: Constraint | str | None) -> Constraint | None:
    """Read a constraint: a callable, its name ("non_neg", "max_norm", ...), or None."""
    if word is None or not isinstance(word, str):
        return word
    if word not in NAMED:
        raise unknown("constraint", word, NAMED)
    return NAMED[word]()
