"""Functions between layers, each with its way back; Keras's names and defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from imgkernels.engine import passes
from imgkernels.errors import unknown
from imgkernels.values import Floats

_SQRT2, _SQRT2PI = math.sqrt(2.0), math.sqrt(2.0 * math.pi)


class Activation(Protocol):
    """An elementwise function, or one along the last axis.

    `forward(x)` may write into `x` and return it. `backward(grad, y, x)` may write into `grad`; `x`
    is what came in if `needs_input` says so, else None.
    """

    @property
    def name(self) -> str: ...
    @property
    def needs_input(self) -> bool: ...
    def forward(self, x: Floats) -> Floats: ...
    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats: ...


@dataclass(frozen=True)
class Linear:
    """What comes in goes out."""

    name: str = "linear"
    needs_input: bool = False

    def forward(self, x: Floats) -> Floats:
        return x

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        return grad


@dataclass(frozen=True)
class Relu:
    """`max(x, 0)`; below 0 `slope * x` (a leaky ReLU); at most `most` where that is given."""

    slope: float = 0.0
    most: float | None = None
    name: str = "relu"
    needs_input: bool = False

    def forward(self, x: Floats) -> Floats:
        if self.slope == 0:
            np.maximum(x, 0, out=x)
        else:
            np.multiply(x, self.slope, out=x, where=x < 0)
        return x if self.most is None else np.minimum(x, self.most, out=x)

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        if self.slope == 0 and passes.fits(grad, y):
            passes.unrectified(grad, y, grad)
        elif self.slope == 0:
            np.multiply(grad, y > 0, out=grad)  # no branch, unlike a masked fill
        else:
            np.multiply(grad, self.slope, out=grad, where=y <= 0)
        if self.most is not None:
            grad[y >= self.most] = 0
        return grad


@dataclass(frozen=True)
class Elu:
    """`x` above 0, `alpha * (exp(x) - 1)` below."""

    alpha: float = 1.0
    name: str = "elu"
    needs_input: bool = False

    def forward(self, x: Floats) -> Floats:
        below = x < 0
        x[below] = self.alpha * np.expm1(x[below])
        return x

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        np.multiply(grad, y + self.alpha, out=grad, where=y < 0)
        return grad


@dataclass(frozen=True)
class Gelu:
    """`x` times the normal distribution function; `approximate`: its tanh formula.

    Source: Hendrycks and Gimpel, Gaussian error linear units, 2016.
    """

    approximate: bool = False
    name: str = "gelu"
    needs_input: bool = True

    def forward(self, x: Floats) -> Floats:
        y: Floats = x * self._share(x)
        return y

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        assert x is not None
        grad *= self._share(x) + x * self._density(x)
        return grad

    def _share(self, x: Floats) -> Floats:
        if self.approximate:
            share: Floats = 0.5 * (1 + np.tanh(self._inner(x)))
            return share
        from scipy.special import ndtr

        exact: Floats = ndtr(x)
        return exact

    def _density(self, x: Floats) -> Floats:
        if self.approximate:
            slope = 2 / _SQRT2PI * (1 + 3 * 0.044715 * np.square(x))
            rise: Floats = 0.5 * slope / np.square(np.cosh(self._inner(x).clip(-40, 40)))
            return rise
        density: Floats = np.exp(-0.5 * np.square(x)) / _SQRT2PI
        return density

    def _inner(self, x: Floats) -> Floats:
        inner: Floats = 2 / _SQRT2PI * (x + 0.044715 * x * np.square(x))
        return inner


@dataclass(frozen=True)
class Sigmoid:
    """`1 / (1 + exp(-x))`."""

    name: str = "sigmoid"
    needs_input: bool = False

    def forward(self, x: Floats) -> Floats:
        # Half a tanh: no exponential of it overflows.
        x *= 0.5
        np.tanh(x, out=x)
        x += 1
        x *= 0.5
        return x

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        grad *= y * (1 - y)
        return grad


@dataclass(frozen=True)
class Tanh:
    """Hyperbolic tangent."""

    name: str = "tanh"
    needs_input: bool = False

    def forward(self, x: Floats) -> Floats:
        return np.tanh(x, out=x)

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        grad *= 1 - np.square(y)
        return grad


@dataclass(frozen=True)
class Softmax:
    """Exponentials along the last axis, scaled to a sum of 1."""

    name: str = "softmax"
    needs_input: bool = False

    def forward(self, x: Floats) -> Floats:
        x -= x.max(axis=-1, keepdims=True)
        np.exp(x, out=x)
        x /= x.sum(axis=-1, keepdims=True)
        return x

    def backward(self, grad: Floats, y: Floats, x: Floats | None) -> Floats:
        grad -= (grad * y).sum(axis=-1, keepdims=True)
        grad *= y
        return grad


NAMED: dict[str, Activation] = {
    "linear": Linear(),
    "relu": Relu(),
    "leaky_relu": Relu(0.2, name="leaky_relu"),
    "relu6": Relu(most=6.0, name="relu6"),
    "elu": Elu(),
    "gelu": Gelu(),
    "sigmoid": Sigmoid(),
    "tanh": Tanh(),
    "softmax": Softmax(),
}


def activation(word: Activation | str | None) -> Activation:
    """Read an activation: one of ours, its name, or None for linear."""
    if word is None:
        return NAMED["linear"]
    if not isinstance(word, str):
        return word
    if word not in NAMED:
        raise unknown("activation", word, NAMED)
    return NAMED[word]
