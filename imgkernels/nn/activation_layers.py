"""Activations as layers of their own."""

from __future__ import annotations

from typing import Any

from imgkernels.nn.activations import Activation as Function, activation
from imgkernels.nn.layer import Layer, Memo, Shape
from imgkernels.nn.modifiers import through
from imgkernels.values import Floats


class Activation(Layer):
    """A function of every value, or along the last axis: "relu", "softmax", ... or a value."""

    def __init__(self, activation_: Function | str, **common: Any) -> None:
        super().__init__(**common)
        self.activation = activation(activation_)

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, x: Floats, memo: Memo) -> Floats:
        memo.kept["sums"] = x if self.activation.needs_input else None
        y = memo.kept["y"] = self.activation.forward(x.copy())
        return y

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        if memo.before_activation:
            return grad
        return through(self.activation, grad, memo.kept["y"], memo)
