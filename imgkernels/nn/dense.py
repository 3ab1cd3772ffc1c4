"""The fully connected layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.activations import Activation
from imgkernels.nn.constraints import Constraint
from imgkernels.nn.initializers import Initializer
from imgkernels.nn.layer import Memo, Shape
from imgkernels.nn.padding import whole
from imgkernels.nn.regularizers import Regularizer
from imgkernels.nn.weighted import Weighted
from imgkernels.values import Floats


class Dense(Weighted):
    """`activation(x @ kernel + bias)` along the last axis.

    >>> Dense(10).output_shape((64,))
    (10,)
    """

    def __init__(
        self,
        units: int,
        activation: Activation | str | None = None,
        use_bias: bool = True,
        kernel_initializer: Initializer | str = "glorot_uniform",
        bias_initializer: Initializer | str = "zeros",
        kernel_regularizer: Regularizer | str | None = None,
        bias_regularizer: Regularizer | str | None = None,
        activity_regularizer: Regularizer | str | None = None,
        kernel_constraint: Constraint | str | None = None,
        bias_constraint: Constraint | str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(
            activation=activation, use_bias=use_bias,
            kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint, **common,
        )  # fmt: skip
        self.units = whole(self.label, "units", units)

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        self.add_kernel_and_bias((shape[-1], self.units), self.units, rng)

    def output_shape(self, shape: Shape) -> Shape:
        if not shape:
            raise InvalidValue(f"{self.label}: takes 2 axes or more with the batch; got 1")
        return (*shape[:-1], self.units)

    def weigh(self, x: Floats, memo: Memo) -> Floats:
        memo.kept["x"] = x
        y = memo.buffer("y", (*x.shape[:-1], self.units), self.dtype)
        return np.matmul(x, self.kernel.value, out=y)

    def unweigh(self, grad: Floats, memo: Memo) -> Floats:
        x = memo.kept["x"]
        rows = grad.reshape(-1, self.units)
        memo.grads["kernel"] = x.reshape(-1, x.shape[-1]).T @ rows
        if not memo.wants_input:
            return grad
        return (rows @ self.kernel.value.T).reshape(x.shape)
