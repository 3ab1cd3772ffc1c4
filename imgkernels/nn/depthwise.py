"""Depthwise and separable convolutions (MobileNet's)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.nn.activations import Activation
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.layer import Layer, Memo, Shape
from imgkernels.nn.padding import whole
from imgkernels.nn.variable import Variable
from imgkernels.values import Floats


class DepthwiseConv2D(Conv2D):
    """Each channel by itself, `depth_multiplier` kernels for it: `(N, y, x, C * multiplier)`.

    The kernel is `(ky, kx, 1, C * multiplier)`, a convolution with as many groups as channels;
    `depthwise_kernel` shows it as Keras's `(ky, kx, C, multiplier)`. Other arguments are Conv2D's.
    """

    def __init__(
        self,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        depth_multiplier: int = 1,
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        activation: Activation | str | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **more: Any,
    ) -> None:
        super().__init__(
            1, kernel_size, strides, padding, data_format, dilation_rate, 1, activation, use_bias,
            depthwise_initializer, bias_initializer, depthwise_regularizer, bias_regularizer,
            activity_regularizer, depthwise_constraint, bias_constraint, **more,
        )  # fmt: skip
        self.depth_multiplier = whole(self.label, "depth_multiplier", depth_multiplier)

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        self._of(shape)
        many, outputs = self.groups, self.filters
        start = self.kernel_initializer
        # Keras draws for (ky, kx, C, multiplier), whose fans are others.
        self.kernel_initializer = lambda s, r: start((*s[:-2], many, outputs // many), r).reshape(s)
        super().build(shape, rng)
        self.kernel_initializer = start

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) == self.ndim + 1:
            self._of(shape)
        return super().output_shape(shape)

    @property
    def depthwise_kernel(self) -> Floats:
        """The kernel as `(ky, kx, C, multiplier)`."""
        return self.kernel.value.reshape(*self.kernel_size, self.groups, self.depth_multiplier)

    def _of(self, shape: Shape) -> None:
        """Take the number of groups from the channels that come in."""
        self.groups = self.last(shape)[-1]
        self.filters = self.groups * self.depth_multiplier


class SeparableConv2D(Layer):
    """A depthwise convolution, then a 1 x 1 one that mixes its channels; arguments are Keras's.

    Weights are `depthwise_kernel`, `pointwise_kernel` and `bias`; strides and padding are those of
    the first, activation and bias of the second.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        depth_multiplier: int = 1,
        activation: Activation | str | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        *,
        border: Any = "constant",
        border_value: float = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.depthwise = DepthwiseConv2D(
            kernel_size, strides, padding, depth_multiplier, data_format, dilation_rate,
            use_bias=False, depthwise_initializer=depthwise_initializer,
            depthwise_regularizer=depthwise_regularizer, depthwise_constraint=depthwise_constraint,
            border=border, border_value=border_value, dtype=self.dtype, name=common.get("name"),
        )  # fmt: skip
        self.pointwise = Conv2D(
            filters, 1, data_format=data_format, activation=activation, use_bias=use_bias,
            kernel_initializer=pointwise_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=pointwise_regularizer, bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer, kernel_constraint=pointwise_constraint,
            bias_constraint=bias_constraint, dtype=self.dtype, name=common.get("name"),
        )  # fmt: skip

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        self.depthwise.ensure_built([shape], rng)
        self.pointwise.ensure_built([self.depthwise.output_shape(shape)], rng)
        self._take("depthwise_kernel", self.depthwise.kernel)
        self._take("pointwise_kernel", self.pointwise.kernel)
        if self.pointwise.bias is not None:
            self._take("bias", self.pointwise.bias)

    def _take(self, name: str, variable: Variable) -> None:
        variable.name = name
        self.variables[name] = variable

    def output_shape(self, shape: Shape) -> Shape:
        return self.pointwise.output_shape(self.depthwise.output_shape(shape))

    def forward(self, x: Floats, memo: Memo) -> Floats:
        first, second = memo.kept.setdefault("memos", (Memo(), Memo()))
        for inner in (first, second):
            inner.training, inner.rule, inner.batch = memo.training, memo.rule, memo.batch
        y = self.pointwise.forward(self.depthwise.forward(x, first), second)
        memo.penalty = second.penalty
        return y

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        first, second = memo.kept["memos"]
        first.wants_input, second.before_activation = memo.wants_input, memo.before_activation
        dx = self.depthwise.backward(self.pointwise.backward(grad, second), first)
        memo.grads["depthwise_kernel"] = first.grads["kernel"]
        memo.grads["pointwise_kernel"] = second.grads["kernel"]
        if "bias" in second.grads:
            memo.grads["bias"] = second.grads["bias"]
        return dx
