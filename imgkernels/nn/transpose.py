"""The transposed convolution: the gradient of a convolution as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.border import Border
from imgkernels.engine.columns import Columns
from imgkernels.engine.problem import Problem
from imgkernels.errors import InvalidValue
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.layer import Memo, Shape, need_axes
from imgkernels.nn.padding import lay, per_axis, unlay
from imgkernels.values import Floats

Pairs = tuple[tuple[int, int], ...]


class Conv2DTranspose(Conv2D):
    """Spreads each value over a window: what a convolution with these arguments shrank.

    The kernel is `(ky, kx, filters / groups, channels)`, as Keras has it. "valid" gives
    `(n - 1) * stride + window`, "same" `n * stride`. `output_padding` adds so many at the end (with
    "same" or "valid" it says which of the sizes that shrink to n is meant). Numbers or pairs as
    `padding` are cut off, as PyTorch's are. Other arguments are Conv2D's; the border is zeros.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: Any = "valid",
        output_padding: int | Sequence[int] | None = None,
        data_format: str = "channels_last",
        dilation_rate: int | Sequence[int] = 1,
        **more: Any,
    ) -> None:
        super().__init__(filters, kernel_size, strides, padding, data_format, dilation_rate, **more)
        if self.border is not Border.CONSTANT or self.border_value:
            raise InvalidValue(f"{self.label}: the border of a transposed convolution is zeros")
        each = (0,) * self.ndim if output_padding is None else output_padding
        given = tuple(each) if isinstance(each, Sequence) else (each,) * self.ndim
        self.output_padding = per_axis(
            self.label, "output_padding + 1", [n + 1 for n in given], self.ndim
        )
        self.output_padding = tuple(n - 1 for n in self.output_padding)
        self._sized = output_padding is not None
        limits = zip(self.output_padding, self.strides, self.dilation_rate, strict=True)
        if any(n >= max(s, d) for n, s, d in limits):
            raise InvalidValue(
                f"{self.label}: output_padding must be below strides or dilation_rate; "
                f"got {output_padding}"
            )

    def build(self, shape: Shape, rng: np.random.Generator) -> None:
        channels = self.last(shape)[-1]
        kernel = (*self.kernel_size, self.filters // self.groups, channels)
        self.add_kernel_and_bias(kernel, self.filters, rng)

    def output_shape(self, shape: Shape) -> Shape:
        need_axes(self.label, shape, self.ndim + 1)
        *space, channels = self.last(shape)
        if channels % self.groups:
            raise InvalidValue(
                f"{self.label}: channels must be a multiple of groups; "
                f"got {channels} and {self.groups}"
            )
        out, _ = self.spread(tuple(space))
        return self.as_asked((*out, self.filters))

    def spread(self, space: tuple[int, ...]) -> tuple[tuple[int, ...], Pairs]:
        """Return the output's size, and what is cut off before and after the spread windows."""
        out, pairs = [], []
        every = zip(
            space, self.kernel_size, self.strides, self.dilation_rate, self.output_padding,
            self._given(), strict=True,
        )  # fmt: skip
        for n, k, s, d, extra, pair in every:
            whole, cut = (n - 1) * s + (k - 1) * d + 1, pair
            if self.padding.word == "same" and not self._sized:
                over = max(0, (k - 1) * d + 1 - s)
                cut = (over // 2, over - over // 2)
                size = n * s
            else:
                size = whole - sum(cut) + extra
            if size < 1:
                raise InvalidValue(f"{self.label}: padding cuts everything off an input of {n}")
            out.append(size)
            # A negative cut is what `size` has beyond the last window: zeros.
            pairs.append((cut[0], whole - cut[0] - size))
        return tuple(out), tuple(pairs)

    def _given(self) -> Pairs:
        reach = [(k - 1) * d for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        match self.padding.word:
            case "explicit":
                return self.padding.given
            case "valid":
                return ((0, 0),) * self.ndim
            case "full":
                return tuple((r, r) for r in reach)
        return tuple((r // 2, r - r // 2) for r in reach)

    def weigh(self, x: Floats, memo: Memo) -> Floats:
        out, cut = self.spread(x.shape[1:-1])
        whole = tuple(n + a + max(b, 0) for n, (a, b) in zip(out, cut, strict=True))
        problem = Problem(
            (len(x), *whole, self.filters), self.dtype, self.kernel_size, (0,) * self.ndim,
            x.shape[-1], self.groups, extent="valid", stride=self.strides,
            dilation=self.dilation_rate,
        )  # fmt: skip
        run = memo.kept.get("run")
        if run is None or run.problem != problem:
            run = memo.kept["run"] = Columns(problem)
        memo.kept["x"], memo.kept["cut"] = x, tuple((a, max(b, 0)) for a, b in cut)
        spread = run.input_gradient(self._fitted(x, problem.out_space), self.kernel.value)
        return unlay(spread, memo.kept["cut"], Border.CONSTANT).copy()

    def unweigh(self, grad: Floats, memo: Memo) -> Floats:
        run, x = memo.kept["run"], memo.kept["x"]
        padded = np.ascontiguousarray(lay(grad, memo.kept["cut"], Border.CONSTANT))
        dx = run.forward(padded, self.kernel.value)
        fitted = self._fitted(x, run.problem.out_space)
        memo.grads["kernel"] = run.weights_gradient(fitted)
        return np.ascontiguousarray(dx[(slice(None), *(slice(0, n) for n in x.shape[1:-1]))])

    def _fitted(self, x: Floats, space: tuple[int, ...]) -> Floats:
        """Add zeros where the padded output holds more windows than the input has values."""
        return lay(
            x,
            tuple((0, n - m) for n, m in zip(space, x.shape[1:-1], strict=True)),
            Border.CONSTANT,
        )
