"""Penalties on the size of weights or answers, with their gradients; Keras's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imgkernels.errors import InvalidValue, unknown
from imgkernels.values import Floats


@dataclass(frozen=True)
class Regularizer:
    """`l1 * sum(|w|) + l2 * sum(w**2)`, as Keras writes it (no half in front of l2).

    >>> Regularizer(l2=0.01).penalty(np.array([3.0, 4.0]))
    0.25
    """

    l1: float = 0.0
    l2: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("l1", self.l1), ("l2", self.l2)):
            if not 0 <= value < float("inf"):
                raise InvalidValue(f"regularizer: {name} must be >= 0 and finite; got {value!r}")

    def penalty(self, w: Floats) -> float:
        """Return what is added to the loss."""
        wide = w.astype(np.float64, copy=False)
        return float(self.l1 * np.abs(wide).sum() + self.l2 * np.square(wide).sum())

    def gradient(self, w: Floats) -> Floats:
        """Return the penalty's gradient, in the dtype of `w`."""
        slope: Floats = w * w.dtype.type(2 * self.l2)
        return slope + np.sign(w) * w.dtype.type(self.l1) if self.l1 else slope


def l1(factor: float = 0.01) -> Regularizer:
    """Penalise the sum of absolute values."""
    return Regularizer(l1=factor)


def l2(factor: float = 0.01) -> Regularizer:
    """Penalise the sum of squares."""
    return Regularizer(l2=factor)


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> Regularizer:
    """Penalise both."""
    return Regularizer(l1, l2)


NAMED: dict[str, Callable[[], Regularizer]] = {"l1": l1, "l2": l2, "l1_l2": l1_l2}


def regularizer(word: Regularizer | str | None) -> Regularizer | None:
    """Read a regulariser: one of ours, its name ("l1", "l2", "l1_l2": factor 0.01), or None."""
    if word is None or isinstance(word, Regularizer):
        return word
    if word not in NAMED:
        raise unknown("regularizer", str(word), NAMED)
    return NAMED[word]()
