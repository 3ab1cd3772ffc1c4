"""What layers with a kernel, a bias and an activation share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.engine import passes
from imgkernels.errors import InvalidValue
from imgkernels.nn.activations import Activation, Relu, activation as read_activation
from imgkernels.nn.constraints import Constraint, constraint
from imgkernels.nn.initializers import Initializer, initializer
from imgkernels.nn.layer import Layer, Memo, Shape
from imgkernels.nn.modifiers import through
from imgkernels.nn.regularizers import Regularizer, regularizer
from imgkernels.nn.variable import Variable
from imgkernels.values import Floats

FORMATS = ("channels_last", "channels_first")


class Formatted(Layer):
    """A layer that takes channels last or first; it computes channels last."""

    def __init__(self, *, data_format: str | None = "channels_last", **common: Any) -> None:
        super().__init__(**common)
        self.data_format = "channels_last" if data_format is None else data_format.lower()
        if self.data_format not in FORMATS:
            raise InvalidValue(
                f"{self.label}: data_format must be channels_last or channels_first; "
                f"got {data_format!r}"
            )

    def last(self, shape: Shape) -> Shape:
        """Return a shape without its batch in the order channels last."""
        return shape if self.data_format == "channels_last" else (*shape[1:], shape[0])

    def as_asked(self, shape: Shape) -> Shape:
        """Return a shape in the order channels last in the layer's own order."""
        return shape if self.data_format == "channels_last" else (shape[-1], *shape[:-1])

    def inward(self, x: Floats) -> Floats:
        """Return an array of the layer's own order channels last, contiguous."""
        if self.data_format == "channels_last":
            return x
        return np.ascontiguousarray(np.moveaxis(x, 1, -1))

    def outward(self, y: Floats) -> Floats:
        """Return an array channels last in the layer's own order, contiguous."""
        if self.data_format == "channels_last":
            return y
        return np.ascontiguousarray(np.moveaxis(y, -1, 1))


class Weighted(Formatted):
    """`activation(weigh(x) + bias)`: convolutions and dense layers say what `weigh` is.

    `weigh` answers with an array that may be written into; `unweigh` sets `memo.grads["kernel"]`
    and returns the gradient for x.
    """

    kernel: Variable
    bias: Variable | None

    def __init__(
        self,
        *,
        activation: Activation | str | None,
        use_bias: bool,
        kernel_initializer: Initializer | str,
        bias_initializer: Initializer | str,
        kernel_regularizer: Regularizer | str | None,
        bias_regularizer: Regularizer | str | None,
        activity_regularizer: Regularizer | str | None,
        kernel_constraint: Constraint | str | None,
        bias_constraint: Constraint | str | None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.activation = read_activation(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializer(kernel_initializer)
        self.bias_initializer = initializer(bias_initializer)
        self.kernel_regularizer = regularizer(kernel_regularizer)
        self.bias_regularizer = regularizer(bias_regularizer)
        self.activity_regularizer = regularizer(activity_regularizer)
        self.kernel_constraint = constraint(kernel_constraint)
        self.bias_constraint = constraint(bias_constraint)

    @abstractmethod
    def weigh(self, x: Floats, memo: Memo) -> Floats:
        """Return the weighted sums, channels last."""

    @abstractmethod
    def unweigh(self, grad: Floats, memo: Memo) -> Floats:
        """Set the kernel's gradient, return that of the input, channels last."""

    @property
    def rectifies(self) -> bool:
        """Whether the layer is sums, a bias and a ReLU, and nothing else looks at its answer."""
        return self.use_bias and self._plain_relu and self.activity_regularizer is None

    @property
    def _plain_relu(self) -> bool:
        function = self.activation
        return isinstance(function, Relu) and function.slope == 0 and function.most is None

    def add_kernel_and_bias(
        self, shape: Sequence[int], outputs: int, rng: np.random.Generator
    ) -> None:
        """Make the two weights."""
        self.kernel = self.add_weight(
            "kernel", shape, self.kernel_initializer, rng,
            penalty=self.kernel_regularizer, limit=self.kernel_constraint,
        )  # fmt: skip
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias", (outputs,), self.bias_initializer, rng,
                penalty=self.bias_regularizer, limit=self.bias_constraint,
            )  # fmt: skip

    def forward(self, x: Floats, memo: Memo) -> Floats:
        y = memo.kept["y"] = self._activated(self.weigh(self.inward(x), memo), memo)
        if self.activity_regularizer is not None:
            memo.penalty = self.activity_regularizer.penalty(y)
        return self.outward(y)

    def _activated(self, y: Floats, memo: Memo) -> Floats:
        if self.bias is not None and self._plain_relu and passes.fits(y):
            return passes.rectified(y, self.bias.value, memo.buffer("y", y.shape, y.dtype))
        if self.bias is not None:
            y += self.bias.value
        memo.kept["sums"] = y.copy() if self.activation.needs_input else None
        return self.activation.forward(y)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        grad, y = self.inward(grad), memo.kept["y"]
        if memo.before_activation:
            return self.outward(self.backward_sums(grad, memo))
        if self.activity_regularizer is not None:
            grad = grad + self.activity_regularizer.gradient(y) / grad.dtype.type(memo.batch)
        return self.outward(self.backward_sums(through(self.activation, grad, y, memo), memo))

    def backward_sums(self, grad: Floats, memo: Memo) -> Floats:
        """Go back from the gradient of the sums, before the activation, channels last."""
        if self.bias is not None:
            rows = grad.reshape(-1, grad.shape[-1])
            memo.grads["bias"] = np.ones(len(rows), grad.dtype) @ rows  # BLAS sums ten times faster
        return self.unweigh(grad, memo)
