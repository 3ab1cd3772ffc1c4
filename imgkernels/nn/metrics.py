"""What is told beside the loss: one number per sample, averaged over an epoch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from imgkernels.errors import InvalidValue, unknown
from imgkernels.nn.losses import NAMED as LOSSES
from imgkernels.values import Array, Floats

Metric = Callable[[Array, Floats], Floats]  # (target, prediction) -> (N,)


def accuracy(target: Array, y: Floats) -> Floats:
    """Return 1.0 where the class that is told is the one that is meant, else 0.0.

    Targets may be one-hot or class numbers; a single output is a class from 0.5 on.
    """
    if y.shape[-1] == 1:
        return _mean((y > 0.5) == (target.reshape(y.shape) > 0.5))
    return _mean(y.argmax(axis=-1) == classes(target, y))


def top_k_accuracy(k: int) -> Metric:
    """Return the metric that counts a hit where the class is among the `k` likeliest."""

    def hits(target: Array, y: Floats) -> Floats:
        wanted = classes(target, y)[..., np.newaxis]
        own = np.take_along_axis(y, wanted, axis=-1)
        return _mean((y > own).sum(axis=-1) < k)

    hits.__name__ = f"top_{k}_accuracy"
    return hits


def classes(target: Array, y: Floats) -> Array:
    """Return targets as class numbers, whichever way they came."""
    if target.shape == y.shape:
        numbers: Array = target.argmax(axis=-1)
        return numbers
    if target.shape == (*y.shape[:-1], 1):
        target = target[..., 0]
    if target.shape != y.shape[:-1]:
        raise InvalidValue(
            f"accuracy: targets must be one-hot or class numbers; "
            f"got shape {target.shape} for predictions {y.shape}"
        )
    return target.astype(np.intp)


def _mean(hits: Array) -> Floats:
    mean: Floats = hits.reshape(len(hits), -1).mean(axis=1)
    return mean


NAMED: dict[str, Metric] = {
    "accuracy": accuracy,
    "acc": accuracy,
    "categorical_accuracy": accuracy,
    "sparse_categorical_accuracy": accuracy,
    "binary_accuracy": accuracy,
    "top_5_accuracy": top_k_accuracy(5),
    "top_k_categorical_accuracy": top_k_accuracy(5),
    "sparse_top_k_categorical_accuracy": top_k_accuracy(5),
    **{name: one.values for name, one in LOSSES.items()},
}


def metric(word: Metric | str) -> tuple[str, Metric]:
    """Read a metric: a function of target and prediction, or a name; return its name with it."""
    if callable(word):
        return getattr(word, "__name__", type(word).__name__), word
    if word not in NAMED:
        raise unknown("metric", str(word), NAMED)
    return word, NAMED[word]
