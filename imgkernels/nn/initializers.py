"""Where weights start; Keras's names and formulas, every draw from a seeded generator."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue, unknown
from imgkernels.values import Floats

# The standard deviation of a normal distribution cut at two sigma.
_TRUNCATED = 0.87962566103423978


class Initializer(Protocol):
    """Draws an array of a shape; `Shape` is that of the weights, outputs last."""

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats: ...


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many values meet in one output, and how many outputs one value reaches.

    >>> fans((3, 3, 32, 64))
    (288, 576)
    """
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    field = math.prod(shape[:-2])
    return field * shape[-2], field * shape[-1]


@dataclass(frozen=True)
class Constant:
    """Every weight `value`."""

    value: float = 0.0

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Given:
    """The weights themselves, as an array."""

    weights: npt.ArrayLike

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        values = np.array(self.weights, dtype=np.float64)
        if values.shape != shape:
            raise InvalidValue(f"initializer: weights must be of shape {shape}; got {values.shape}")
        return values


@dataclass(frozen=True)
class RandomNormal:
    """Normal with `mean` and `stddev`."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return rng.normal(self.mean, self.stddev, shape)


@dataclass(frozen=True)
class TruncatedNormal:
    """Normal, drawn again where it is more than two sigma off."""

    mean: float = 0.0
    stddev: float = 0.05

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return self.mean + self.stddev * _truncated(shape, rng)


@dataclass(frozen=True)
class RandomUniform:
    """Uniform from `minval` to `maxval`."""

    minval: float = -0.05
    maxval: float = 0.05

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        return rng.uniform(self.minval, self.maxval, shape)


@dataclass(frozen=True)
class VarianceScaling:
    """Variance `scale / n`, n the fan in, the fan out, or their mean.

    Sources: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010; He et al., Delving deep into rectifiers, 2015; LeCun et al., Efficient
    backprop, 1998.
    """

    scale: float = 1.0
    mode: Literal["fan_in", "fan_out", "fan_avg"] = "fan_in"
    distribution: Literal["truncated_normal", "untruncated_normal", "uniform"] = "truncated_normal"

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        into, out = fans(shape)
        n = {"fan_in": into, "fan_out": out, "fan_avg": (into + out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0, math.sqrt(variance), shape)
        return math.sqrt(variance) / _TRUNCATED * _truncated(shape, rng)


@dataclass(frozen=True)
class Orthogonal:
    """Orthonormal rows or columns, from the QR of a normal matrix; times `gain`."""

    gain: float = 1.0

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = rng.normal(size=(max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


@dataclass(frozen=True)
class Identity:
    """`gain` where input and output have the same number, else 0: a square or any other matrix."""

    gain: float = 1.0

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        if len(shape) != 2:
            raise InvalidValue(f"initializer: identity is for weights of 2 axes; got shape {shape}")
        return self.gain * np.eye(*shape)


def _truncated(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    x = rng.normal(size=shape)
    while (far := np.abs(x) > 2).any():
        x[far] = rng.normal(size=np.count_nonzero(far))
    return x


NAMED: dict[str, Initializer] = {
    "zeros": Constant(0.0),
    "constant": Constant(0.0),
    "ones": Constant(1.0),
    "random_normal": RandomNormal(),
    "normal": RandomNormal(),
    "random_uniform": RandomUniform(),
    "uniform": RandomUniform(),
    "truncated_normal": TruncatedNormal(),
    "glorot_uniform": VarianceScaling(1.0, "fan_avg", "uniform"),
    "glorot_normal": VarianceScaling(1.0, "fan_avg"),
    "he_uniform": VarianceScaling(2.0, "fan_in", "uniform"),
    "he_normal": VarianceScaling(2.0, "fan_in"),
    "lecun_uniform": VarianceScaling(1.0, "fan_in", "uniform"),
    "lecun_normal": VarianceScaling(1.0, "fan_in"),
    "variance_scaling": VarianceScaling(),
    "orthogonal": Orthogonal(),
    "identity": Identity(),
}


def initializer(word: Initializer | str) -> Initializer:
    """Read an initialiser: a callable of shape and generator, or its name."""
    if not isinstance(word, str):
        return word
    if word not in NAMED:
        raise unknown("initializer", word, NAMED)
    return NAMED[word]
