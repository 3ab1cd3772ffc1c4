"""Pooling over 1 to 3 axes: windows may overlap, be padded, be dilated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from imgkernels.border import Border
from imgkernels.engine import passes
from imgkernels.nn.layer import Memo, Shape, need_axes
from imgkernels.nn.padding import Padding, lay, per_axis, sizes, unlay
from imgkernels.nn.weighted import Formatted
from imgkernels.values import Floats


class Pooling(Formatted):
    """What pooling layers share. `strides` None is the window's size, so that windows are disjoint.

    `padding` is as for convolutions ("valid", "same", "torch:same", numbers, pairs); what is laid
    there never wins a maximum. `dilation_rate` spreads the window.
    """

    ndim: ClassVar[int]

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: Any = "valid",
        data_format: str | None = None,
        *,
        dilation_rate: int | Sequence[int] = 1,
        **common: Any,
    ) -> None:
        super().__init__(data_format=data_format, **common)
        who = self.label
        self.pool_size = per_axis(who, "pool_size", pool_size, self.ndim)
        given = self.pool_size if strides is None else strides
        self.strides = per_axis(who, "strides", given, self.ndim)
        self.dilation_rate = per_axis(who, "dilation_rate", dilation_rate, self.ndim)
        self.padding = Padding.parse(who, padding, self.ndim)

    @abstractmethod
    def pool(self, x: Floats, memo: Memo) -> Floats:
        """Pool the padded input, channels last."""

    @abstractmethod
    def unpool(self, grad: Floats, memo: Memo) -> Floats:
        """Return the gradient of the padded input."""

    def output_shape(self, shape: Shape) -> Shape:
        need_axes(self.label, shape, self.ndim + 1)
        *space, channels = self.last(shape)
        return self.as_asked((*self.out_space(tuple(space)), channels))

    def out_space(self, space: tuple[int, ...]) -> tuple[int, ...]:
        """Return the size that comes out of an input of this size."""
        pairs = self.pairs(space)
        return sizes(self.label, space, pairs, self.pool_size, self.strides, self.dilation_rate)

    def pairs(self, space: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        """Return what is laid before and after each axis of an input of this size."""
        return self.padding.pairs(space, self.pool_size, self.strides, self.dilation_rate)

    def forward(self, x: Floats, memo: Memo) -> Floats:
        x = self.inward(x)
        space = x.shape[1:-1]
        memo.kept["pairs"], memo.kept["space"] = self.pairs(space), space
        return self.outward(self.pool(x, memo))

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        dx = self.unpool(self.inward(grad), memo)
        return self.outward(unlay(dx, memo.kept["pairs"], Border.CONSTANT))

    def places(self, out: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
        """Yield, for each tap of the window, where in the padded input it lies."""
        for tap in np.ndindex(self.pool_size):
            every = zip(tap, self.dilation_rate, out, self.strides, strict=True)
            yield (
                slice(None),
                *(slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, n, s in every),
            )

    @property
    def disjoint(self) -> bool:
        """Whether no value lies in two windows."""
        spans = zip(self.pool_size, self.dilation_rate, self.strides, strict=True)
        return all((k - 1) * d < s for k, d, s in spans)


class MaxPooling(Pooling):
    """The largest value of each window; its gradient goes to the first that is the largest."""

    def pool(self, x: Floats, memo: Memo) -> Floats:
        x = lay(x, memo.kept["pairs"], Border.CONSTANT, -np.inf)
        out = self.out_space(memo.kept["space"])
        y = memo.buffer("y", (len(x), *out, x.shape[-1]), x.dtype)
        memo.kept["x"], memo.kept["y"] = x, y
        if self.in_twos and passes.fits(x):
            return passes.largest(x, y)
        first, *rest = self.places(out)
        best = x[first]
        for place in rest:
            best = np.maximum(best, x[place], out=y)
        if not rest:
            np.copyto(y, best)
        return y

    def unpool(self, grad: Floats, memo: Memo) -> Floats:
        x, y = memo.kept["x"], memo.kept["y"]
        dx = memo.buffer("dx", x.shape, x.dtype)
        if self.in_twos and passes.fits(x, grad):
            return passes.back(x, y, grad, dx)
        dx.fill(0.0)
        for place, wins in self._winners(x, y):
            # A product is faster than a masked copy, whose branches nobody can foresee.
            if self.disjoint:
                np.multiply(grad, wins, out=dx[place])
            else:
                dx[place] += grad * wins
        return dx

    @property
    def in_twos(self) -> bool:
        """Whether windows are 2 x 2 and lie side by side."""
        return self.pool_size == self.strides == (2, 2) and self.dilation_rate == (1, 1)

    def _winners(
        self, x: Floats, y: Floats
    ) -> Iterator[tuple[tuple[slice, ...], npt.NDArray[np.bool_]]]:
        """Yield, for each tap, where it lies and in which windows it is the first largest."""
        *others, last = self.places(y.shape[1:-1])
        hit, left = np.empty(y.shape, bool), np.ones(y.shape, bool)
        for place in others:
            np.equal(x[place], y, out=hit)
            hit &= left
            left ^= hit
            yield place, hit
        yield last, left  # nothing is left to compare with


class AveragePooling(Pooling):
    """The mean of each window; padding does not count, unless `count_padding` (as PyTorch's)."""

    def __init__(self, *args: Any, count_padding: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.count_padding = count_padding

    def pool(self, x: Floats, memo: Memo) -> Floats:
        pairs, space = memo.kept["pairs"], memo.kept["space"]
        x = lay(x, pairs, Border.CONSTANT)
        out = self.out_space(space)
        memo.kept["share"] = self._share(space, pairs, out, x.dtype)
        memo.kept["padded"] = x.shape
        y = np.zeros((len(x), *out, x.shape[-1]), x.dtype)
        for place in self.places(out):
            y += x[place]
        y *= memo.kept["share"]
        return y

    def unpool(self, grad: Floats, memo: Memo) -> Floats:
        dx = np.zeros(memo.kept["padded"], grad.dtype)
        part = grad * memo.kept["share"]
        for place in self.places(grad.shape[1:-1]):
            dx[place] += part
        return dx

    def _share(
        self, space: tuple[int, ...], pairs: Any, out: tuple[int, ...], dtype: Any
    ) -> Floats:
        """Return what one value adds to the mean of each window, `(1, *out, 1)`."""
        if self.count_padding:
            return np.full((1,) * (self.ndim + 2), 1 / np.prod(self.pool_size), dtype)
        ones = lay(np.ones((1, *space, 1)), pairs, Border.CONSTANT)
        count = np.zeros((1, *out, 1))
        for place in self.places(out):
            count += ones[place]
        return (1 / np.maximum(count, 1)).astype(dtype)


class MaxPooling1D(MaxPooling):
    """The largest value of each window along one axis."""

    ndim = 1


class MaxPooling2D(MaxPooling):
    """The largest value of each window of an image, per channel.

    >>> MaxPooling2D(3, strides=2).output_shape((55, 55, 96))
    (27, 27, 96)
    """

    ndim = 2


class MaxPooling3D(MaxPooling):
    """The largest value of each window of a volume."""

    ndim = 3


class AveragePooling1D(AveragePooling):
    """The mean of each window along one axis."""

    ndim = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of an image, per channel."""

    ndim = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume."""

    ndim = 3
