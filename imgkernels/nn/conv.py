"""Convolutional layers over 1 to 3 axes: correlations with learned weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from imgkernels.border import Border
from imgkernels.engine import winograd
from imgkernels.engine.problem import Problem
from imgkernels.engine.trained import Runner, runner
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.nn.activations import Activation
from imgkernels.nn.constraints import Constraint
from imgkernels.nn.handcrafted import kernels_of, layer_from
from imgkernels.nn.initializers import Initializer
from imgkernels.nn.layer import Memo, Shape, need_axes
from imgkernels.nn.padding import Padding, Pairs, lay, per_axis, sizes, unlay, whole
from imgkernels.nn.regularizers import Regularizer
from imgkernels.nn.weighted import Weighted
from imgkernels.values import Floats


class Conv(Weighted):
    """What convolutional layers of all dimensions share; use Conv1D, Conv2D or Conv3D.

    Arguments are Keras's, with more allowed: `padding` takes "valid", "same" (TensorFlow's),
    "torch:same", "full", numbers, or (before, after) for each axis; `border` says what is laid
    there (any of ours, default constant zeros); strides and dilation go together. As in Keras the
    kernel is not turned: a correlation. Weights are `(*kernel_size, channels / groups, filters)`.
    """

    ndim: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        groups: int = 1,
        activation: Activation | str | None = None,
        use_bias: bool = True,
        kernel_initializer: Initializer | str = "glorot_uniform",
        bias_initializer: Initializer | str = "zeros",
        kernel_regularizer: Regularizer | str | None = None,
        bias_regularizer: Regularizer | str | None = None,
        activity_regularizer: Regularizer | str | None = None,
        kernel_constraint: Constraint | str | None = None,
        bias_constraint: Constraint | str | None = None,
        *,
        border: Border | str = Border.CONSTANT,
        border_value: float = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(
            activation=activation, use_bias=use_bias,
            kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer, kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint, data_format=data_format, **common,
        )  # fmt: skip
        who = self.label
        self.filters = whole(who, "filters", filters)
        self.kernel_size = per_axis(who, "kernel_size", kernel_size, self.ndim)
        self.strides = per_axis(who, "strides", strides, self.ndim)
        self.dilation_rate = per_axis(who, "dilation_rate", dilation_rate, self.ndim)
        self.groups = whole(who, "groups", groups)
        self.padding = Padding.parse(who, padding, self.ndim)
        self.border, self.border_value = Border.parse(border), float(border_value)
        if self.filters % self.groups:
            raise InvalidValue(
                f"{who}: filters must be a multiple of groups; got {filters} and {groups}"
            )

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        channels = self.last(shape)[-1]
        kernel = (*self.kernel_size, channels // self.groups, self.filters)
        self.add_kernel_and_bias(kernel, self.filters, rng)

    def output_shape(self, shape: Shape) -> Shape:
        need_axes(self.label, shape, self.ndim + 1)
        *space, channels = self.last(shape)
        if channels % self.groups:
            raise InvalidValue(
                f"{self.label}: channels must be a multiple of groups; "
                f"got {channels} and {self.groups}"
            )
        pairs = self.pairs(tuple(space))
        out = sizes(
            self.label, tuple(space), pairs, self.kernel_size, self.strides, self.dilation_rate
        )
        return self.as_asked((*out, self.filters))

    def pairs(self, space: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """Return what is laid before and after each axis of an input of this size."""
        return self.padding.pairs(space, self.kernel_size, self.strides, self.dilation_rate)

    def problem(self, shape: tuple[int, ...]) -> Problem:
        """Pose the layer as a problem of the engine, for padded input `(N, *space, C)`."""
        return Problem(
            shape, self.dtype, self.kernel_size, (0,) * self.ndim, self.filters, self.groups,
            extent="valid", stride=self.strides, dilation=self.dilation_rate,
        )  # fmt: skip

    def kernels(self) -> list[Kernel]:
        """Return the learned kernels as values: filter by filter, channel by channel.

        Filter f's kernel for channel c (of its group) is number `f * channels + c`.
        """
        return kernels_of(self.kernel.value)

    @classmethod
    def from_kernels(
        cls, kernels: Sequence[Kernel], *, channels: int = 1, trainable: bool = True, **options: Any
    ) -> Self:
        """Start a layer from kernels, one filter for each, the same on all `channels` that come in.

        Smaller kernels are framed with zeros, anchors on one place; without another `padding` the
        size is kept, and there is no bias unless `use_bias` asks for it.
        `trainable=False` keeps the kernels as they are.

        >>> from imgkernels import kernels
        >>> layer = Conv2D.from_kernels([kernels.sobel("x")], input_shape=(9, 9, 1))
        >>> layer.filters, layer.kernel_size
        (1, (3, 3))
        """
        return layer_from(cls, kernels, channels, {"trainable": trainable, **options})

    def weigh(self, x: Floats, memo: Memo) -> Floats:
        if memo.kept.get("posed") != x.shape:
            self._pose(x.shape, memo)
        pairs, run = memo.kept["pairs"], memo.kept["run"]
        x = np.ascontiguousarray(lay(x, pairs, self.border, self.border_value))
        y: Floats = run.forward(x, self.kernel.value)
        return y

    def _pose(self, shape: tuple[int, ...], memo: Memo) -> None:
        """Keep how input of a shape is answered, and what is laid around it before that."""
        pairs = self.pairs(shape[1:-1])
        whole = self._unpadded(shape, pairs)
        if whole is not None:  # the border is laid while it is read
            pairs = ((0, 0),) * self.ndim
        sizes = (n + a + b for n, (a, b) in zip(shape[1:-1], pairs, strict=True))
        padded = (shape[0], *sizes, shape[-1])
        run = runner(whole or self.problem(padded))
        memo.kept["posed"], memo.kept["pairs"], memo.kept["run"] = shape, pairs, run

    def unweigh(self, grad: Floats, memo: Memo) -> Floats:
        run: Runner = memo.kept["run"]
        memo.grads["kernel"] = run.weights_gradient(grad)
        if not memo.wants_input:
            return grad
        return unlay(run.input_gradient(grad, self.kernel.value), memo.kept["pairs"], self.border)

    def _unpadded(self, shape: tuple[int, ...], pairs: Pairs) -> Problem | None:
        """Pose the problem with its border, for input as it comes; None where no way takes that."""
        asked = self.problem(shape)
        anchor = tuple(before for before, _ in pairs)
        same = replace(
            asked, anchor=anchor, border=self.border, border_value=self.border_value, extent="same"
        )
        return same if same.margins == pairs and winograd.fits(same) else None


class Conv1D(Conv):
    """A convolution along one axis: `(N, x, C)` to `(N, x', filters)`; also "causal"."""

    ndim = 1


class Conv2D(Conv):
    """A convolution of images: `(N, y, x, C)` to `(N, y', x', filters)`.

    >>> Conv2D(32, 3, activation="relu").output_shape((28, 28, 1))
    (26, 26, 32)
    """

    ndim = 2


class Conv3D(Conv):
    """A convolution of volumes: `(N, z, y, x, C)` to `(N, z', y', x', filters)`."""

    ndim = 3
