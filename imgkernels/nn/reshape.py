"""Layers that only move, pad or scale values."""

from __future__ import annotations

import math

from imgkernels.nn.layer import Memo, Shape
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
