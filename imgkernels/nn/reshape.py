"""Layers that only move, pad or scale values."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.nn.layer import Memo, Shape, need_axes
from imgkernels.nn.padding import Padding, lay, unlay
from imgkernels.nn.weighted import Formatted
from imgkernels.values import Floats


class Flatten(Formatted):
    """All axes but the batch as one, in the order channels last.

    >>> Flatten().output_shape((3, 3, 64))
    (576,)
    """

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, x: Floats, memo: Memo) -> Floats:
        x = self.inward(x) if x.ndim > 2 else x
        memo.kept["shape"] = x.shape
        return x.reshape(len(x), -1)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        shape = memo.kept["shape"]
        grad = grad.reshape(shape)
        return self.outward(grad) if len(shape) > 2 else grad


class Rescaling(Formatted):
    """`x * scale + offset`: pixels from 0..255 to 0..1 with `scale=1/255`."""

    def __init__(self, scale: float, offset: float = 0.0, **common: Any) -> None:
        super().__init__(**common)
        self.scale, self.offset = float(scale), float(offset)

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, x: Floats, memo: Memo) -> Floats:
        return x * x.dtype.type(self.scale) + x.dtype.type(self.offset)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        return grad * grad.dtype.type(self.scale)


class ZeroPadding(Formatted):
    """A border of so many samples around each axis: a number, one per axis, or pairs.

    `border` may be any of ours; Keras's is "constant" with zeros.
    """

    ndim: ClassVar[int]

    def __init__(
        self,
        padding: Any = 1,
        *,
        border: Border | str = Border.CONSTANT,
        border_value: float = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if isinstance(padding, str):
            raise InvalidValue(f"{self.label}: padding must be numbers; got {padding!r}")
        self.pairs = Padding.parse(self.label, padding, self.ndim).given
        self.border, self.border_value = Border.parse(border), float(border_value)

    def output_shape(self, shape: Shape) -> Shape:
        need_axes(self.label, shape, self.ndim + 1)
        *space, channels = self.last(shape)
        sizes = [n + sum(pair) for n, pair in zip(space, self.pairs, strict=True)]
        return self.as_asked((*sizes, channels))

    def forward(self, x: Floats, memo: Memo) -> Floats:
        return self.outward(lay(self.inward(x), self.pairs, self.border, self.border_value))

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        return self.outward(unlay(self.inward(grad), self.pairs, self.border))


class ZeroPadding1D(ZeroPadding):
    """A border around signals."""

    ndim = 1


class ZeroPadding2D(ZeroPadding):
    """A border around images.

    >>> ZeroPadding2D(((0, 1), (0, 1))).output_shape((224, 224, 32))
    (225, 225, 32)
    """

    ndim = 2


class ZeroPadding3D(ZeroPadding):
    """A border around volumes."""

    ndim = 3
