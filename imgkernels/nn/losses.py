"""What training makes small: losses per sample, with their gradients; Keras's names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imgkernels.errors import InvalidValue, unknown
from imgkernels.values import Array, Floats

_EPSILON = 1e-7  # Keras's: probabilities are kept so far from 0 and 1


class Loss(Protocol):
    """Compares predictions `(N, ...)` with targets; one number per sample."""

    @property
    def name(self) -> str: ...

    def values(self, target: Array, y: Floats) -> Floats:
        """Return the loss of each sample, the mean over what a sample holds."""

    def gradient(self, target: Array, y: Floats) -> Floats:
        """Return the gradient of each sample's loss for its prediction."""


@dataclass(frozen=True)
class CategoricalCrossentropy:
    """`-sum(t * log(p))` along the last axis; targets are one-hot, or shares.

    `from_logits`: predictions are the sums before a softmax. `label_smoothing` s: targets become
    `t * (1 - s) + s / classes`.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: str = "categorical_crossentropy"

    def dense(self, target: Array, y: Floats) -> Floats:
        """Return the targets as shares, smoothed, in the dtype of the predictions."""
        if target.shape != y.shape:
            raise InvalidValue(
                f"{self.name}: targets must be one-hot, of shape {_told(y)}; got {_told(target)}"
            )
        shares = target.astype(y.dtype, copy=False)
        if self.label_smoothing:
            shares = shares * (1 - self.label_smoothing) + self.label_smoothing / y.shape[-1]
        return shares

    def values(self, target: Array, y: Floats) -> Floats:
        logs = _log_softmax(y) if self.from_logits else np.log(_probabilities(y))
        return _mean(-(self.dense(target, y) * logs).sum(axis=-1))

    def gradient(self, target: Array, y: Floats) -> Floats:
        shares = self.dense(target, y)
        if self.from_logits:
            grad = np.exp(_log_softmax(y)) * shares.sum(axis=-1, keepdims=True) - shares
        else:
            p = _probabilities(y)
            # Keras scales predictions to a sum of 1 before it takes their logarithm.
            grad = (shares.sum(axis=-1, keepdims=True) - shares / p) / y.sum(-1, keepdims=True)
        return _scaled(grad, y.shape[1:-1])

    def from_softmax(self, target: Array, p: Floats) -> Floats:
        """Return the gradient for the sums before the softmax that gave `p`."""
        shares = self.dense(target, p)
        grad: Floats = p * shares.sum(axis=-1, keepdims=True) - shares
        return _scaled(grad, p.shape[1:-1])


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """The same for targets that are class numbers, `(N, ...)`."""

    name: str = "sparse_categorical_crossentropy"

    def dense(self, target: Array, y: Floats) -> Floats:
        labels = target[..., 0] if target.shape == (*y.shape[:-1], 1) else target
        if labels.shape != y.shape[:-1]:
            raise InvalidValue(
                f"{self.name}: targets must be class numbers of shape {_told(y, 1)}; "
                f"got {_told(target)}"
            )
        numbers = labels.astype(np.intp)
        if numbers.size and not (numbers.min() >= 0 and numbers.max() < y.shape[-1]):
            raise InvalidValue(
                f"{self.name}: class numbers must be from 0 to {y.shape[-1] - 1}; "
                f"got {numbers.min()} to {numbers.max()}"
            )
        return super().dense(np.eye(y.shape[-1], dtype=y.dtype)[numbers], y)


@dataclass(frozen=True)
class BinaryCrossentropy:
    """`-(t log p + (1 - t) log(1 - p))`, the mean of all outputs."""

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: str = "binary_crossentropy"

    def values(self, target: Array, y: Floats) -> Floats:
        t = self._shares(target, y)
        if self.from_logits:
            # max(x, 0) - x t + log(1 + exp(-|x|)), which overflows nowhere.
            return _mean(np.maximum(y, 0) - y * t + np.log1p(np.exp(-np.abs(y))))
        p = y.clip(_EPSILON, 1 - _EPSILON)
        return _mean(-(t * np.log(p) + (1 - t) * np.log(1 - p)))

    def gradient(self, target: Array, y: Floats) -> Floats:
        t = self._shares(target, y)
        if self.from_logits:
            return _scaled((0.5 * np.tanh(0.5 * y) + 0.5) - t, y.shape[1:])
        p = y.clip(_EPSILON, 1 - _EPSILON)
        inside = (y > _EPSILON) & (y < 1 - _EPSILON)
        return _scaled(inside * (p - t) / (p * (1 - p)), y.shape[1:])

    def _shares(self, target: Array, y: Floats) -> Floats:
        t = _alike(self.name, target, y)
        return t * (1 - self.label_smoothing) + 0.5 * self.label_smoothing


@dataclass(frozen=True)
class MeanSquaredError:
    """The mean of `(y - t)**2`."""

    name: str = "mean_squared_error"

    def values(self, target: Array, y: Floats) -> Floats:
        return _mean(np.square(y - _alike(self.name, target, y)))

    def gradient(self, target: Array, y: Floats) -> Floats:
        return _scaled(2 * (y - _alike(self.name, target, y)), y.shape[1:])


@dataclass(frozen=True)
class MeanAbsoluteError:
    """The mean of `|y - t|`."""

    name: str = "mean_absolute_error"

    def values(self, target: Array, y: Floats) -> Floats:
        return _mean(np.abs(y - _alike(self.name, target, y)))

    def gradient(self, target: Array, y: Floats) -> Floats:
        return _scaled(np.sign(y - _alike(self.name, target, y)), y.shape[1:])


def _told(a: Array, drop: int = 0) -> str:
    return f"(N, {', '.join(map(str, a.shape[1 : a.ndim - drop]))})"


def _alike(who: str, target: Array, y: Floats) -> Floats:
    if target.shape != y.shape:
        if target.shape == y.shape[:-1] and y.shape[-1] == 1:
            target = target[..., np.newaxis]
        else:
            raise InvalidValue(f"{who}: targets must be of shape {_told(y)}; got {_told(target)}")
    return target.astype(y.dtype, copy=False)


def _mean(each: Floats) -> Floats:
    """Return the mean over all axes but the batch."""
    mean: Floats = each.reshape(len(each), -1).mean(axis=1)
    return mean


def _scaled(grad: Floats, inner: tuple[int, ...]) -> Floats:
    count = int(np.prod(inner))
    return grad if count == 1 else grad / grad.dtype.type(count)


def _probabilities(y: Floats) -> Floats:
    scaled: Floats = y / y.sum(axis=-1, keepdims=True)
    return scaled.clip(_EPSILON, 1 - _EPSILON)


def _log_softmax(x: Floats) -> Floats:
    shifted = x - x.max(axis=-1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


NAMED: dict[str, Loss] = {
    "categorical_crossentropy": CategoricalCrossentropy(),
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy(),
    "binary_crossentropy": BinaryCrossentropy(),
    "mean_squared_error": MeanSquaredError(),
    "mse": MeanSquaredError(),
    "mean_absolute_error": MeanAbsoluteError(),
    "mae": MeanAbsoluteError(),
}


def loss(word: Loss | str) -> Loss:
    """Read a loss: one of ours, or its name."""
    if not isinstance(word, str):
        return word
    if word not in NAMED:
        raise unknown("loss", word, NAMED)
    return NAMED[word]
