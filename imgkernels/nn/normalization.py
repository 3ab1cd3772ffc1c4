"""Batch normalisation, and AlexNet's local response normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.constraints import Constraint
from imgkernels.nn.initializers import Initializer
from imgkernels.nn.layer import Layer, Memo, Shape, need_axes
from imgkernels.nn.padding import whole
from imgkernels.nn.regularizers import Regularizer
from imgkernels.nn.variable import Variable
from imgkernels.nn.weighted import Formatted
from imgkernels.values import Floats


class BatchNormalization(Layer):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta`, per index of `axis`.

    Mean and variance are those of the batch while training, else the moving ones, which follow by
    `moving = momentum * moving + (1 - momentum) * batch`. `axis` counts the batch, as in Keras.
    `unbiased`: the moving variance takes the sample variance, n - 1 below, as PyTorch does.
    A frozen layer (`trainable=False`) uses the moving ones in training too, as in Keras.
    Source: Ioffe and Szegedy, Batch normalization, 2015.
    """

    moving_mean: Variable
    moving_variance: Variable

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Initializer | str = "zeros",
        gamma_initializer: Initializer | str = "ones",
        moving_mean_initializer: Initializer | str = "zeros",
        moving_variance_initializer: Initializer | str = "ones",
        beta_regularizer: Regularizer | str | None = None,
        gamma_regularizer: Regularizer | str | None = None,
        beta_constraint: Constraint | str | None = None,
        gamma_constraint: Constraint | str | None = None,
        *,
        unbiased: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.axis, self.momentum, self.epsilon = int(axis), float(momentum), float(epsilon)
        self.center, self.scale, self.unbiased = bool(center), bool(scale), bool(unbiased)
        if self.epsilon <= 0:
            raise InvalidValue(f"{self.label}: epsilon must be > 0; got {epsilon!r}")
        self._gamma = (gamma_initializer, gamma_regularizer, gamma_constraint)
        self._beta = (beta_initializer, beta_regularizer, beta_constraint)
        self._moving = (moving_mean_initializer, moving_variance_initializer)

    @property
    def whole_batch(self) -> bool:
        return self.trainable

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        size = (shape[self._place(len(shape))],)
        for name, wanted, (start, penalty, limit) in (
            ("gamma", self.scale, self._gamma),
            ("beta", self.center, self._beta),
        ):
            if wanted:
                self.add_weight(name, size, start, rng, penalty=penalty, limit=limit)
        mean, variance = self._moving
        self.moving_mean = self.add_weight("moving_mean", size, mean, rng, trainable=False)
        self.moving_variance = self.add_weight(
            "moving_variance", size, variance, rng, trainable=False
        )

    def output_shape(self, shape: Shape) -> Shape:
        self._place(len(shape))
        return shape

    def forward(self, x: Floats, memo: Memo) -> Floats:
        rows = self._rows(x)
        own = memo.training and self.trainable
        mean, variance = self.moving_mean.value, self.moving_variance.value
        if own:
            mean, variance = rows.mean(axis=0), rows.var(axis=0)
            self._follow(mean, variance, len(rows))
        spread = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))
        normal = (rows - mean) * spread
        memo.kept.update(normal=normal, spread=spread, own=own, shape=x.shape)
        y = normal * self._weight("gamma") if self.scale else normal
        y = y + self._weight("beta") if self.center else y
        return self._unrows(y, x.shape)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        rows, normal = self._rows(grad), memo.kept["normal"]
        if self.center:
            memo.grads["beta"] = rows.sum(axis=0)
        if self.scale:
            memo.grads["gamma"] = (rows * normal).sum(axis=0)
            rows = rows * self._weight("gamma")
        if memo.kept["own"]:
            rows = rows - rows.mean(axis=0) - normal * (rows * normal).mean(axis=0)
        return self._unrows(rows * memo.kept["spread"], memo.kept["shape"])

    def _follow(self, mean: Floats, variance: Floats, count: int) -> None:
        if self.unbiased and count > 1:
            variance = variance * (count / (count - 1))
        for moving, batch in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.value *= self.momentum
            moving.value += (1 - self.momentum) * batch

    def _weight(self, name: str) -> Floats:
        return self.variables[name].value

    def _place(self, axes: int) -> int:
        place = self.axis - 1 if self.axis > 0 else self.axis + axes
        if self.axis == 0 or not 0 <= place < axes:
            raise InvalidValue(
                f"{self.label}: axis must be from 1 to {axes}, or from -{axes} to -1; "
                f"got {self.axis}"
            )
        return place

    def _rows(self, x: Floats) -> Floats:
        moved = np.moveaxis(x, self._place(x.ndim - 1) + 1, -1)
        return moved.reshape(-1, moved.shape[-1])

    def _unrows(self, rows: Floats, shape: tuple[int, ...]) -> Floats:
        place = self._place(len(shape) - 1) + 1
        moved = (*shape[:place], *shape[place + 1 :], shape[place])
        return np.ascontiguousarray(np.moveaxis(rows.reshape(moved), -1, place))


class LocalResponseNormalization(Formatted):
    """`x / (bias + alpha / size * sum of squares over size neighbouring channels) ** beta`.

    AlexNet's (size 5, alpha 1e-4, beta 0.75, bias 2 in the paper): set `divide=False` where
    alpha is not divided by the size. Source: Krizhevsky et al., ImageNet classification, 2012.
    """

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        bias: float = 1.0,
        *,
        divide: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.size = whole(self.label, "size", size)
        self.alpha, self.beta, self.bias = float(alpha), float(beta), float(bias)
        self.divide = bool(divide)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            need_axes(self.label, shape, 3)
        return shape

    def forward(self, x: Floats, memo: Memo) -> Floats:
        x = self.inward(x)
        base = self._sums(np.square(x), (self.size - 1) // 2)
        base *= self._each
        base += self.bias
        powers = base**-self.beta
        memo.kept.update(x=x, base=base, powers=powers)
        return self.outward(x * powers)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        grad = self.inward(grad)
        x, base, powers = (memo.kept[name] for name in ("x", "base", "powers"))
        # A channel is in the windows of its neighbours: the window turned around.
        shared = self._sums(grad * x * powers / base, self.size // 2)
        return self.outward(grad * powers - 2 * self._each * self.beta * x * shared)

    @property
    def _each(self) -> float:
        return self.alpha / self.size if self.divide else self.alpha

    def _sums(self, x: Floats, before: int) -> Floats:
        """Return the sums over windows of channels that begin `before` channels before each."""
        total = np.zeros_like(x)
        channels = x.shape[-1]
        for shift in range(-before, self.size - before):
            low, high = max(0, -shift), min(channels, channels - shift)
            if low < high:
                total[..., low:high] += x[..., low + shift : high + shift]
        return total
