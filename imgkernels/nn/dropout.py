"""Dropout: values left out at random while training."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.layer import Layer, Memo, Shape
from imgkernels.values import Floats


class Dropout(Layer):
    """Sets a share `rate` of the values to 0 and scales the others by `1 / (1 - rate)`.

    Only while training. Which ones depends on the model's seed, the step and the layer alone.
    Source: Srivastava et al., Dropout, 2014.
    """

    def __init__(self, rate: float, **common: Any) -> None:
        super().__init__(**common)
        if not 0 <= rate < 1:
            raise InvalidValue(f"{self.label}: rate must be from 0 to below 1; got {rate!r}")
        self.rate = float(rate)

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def forward(self, x: Floats, memo: Memo) -> Floats:
        if not memo.training or self.rate == 0:
            memo.kept["mask"] = None
            return x
        drawn = memo.rng().random(x.shape, np.float32)
        mask = (drawn >= self.rate).astype(x.dtype)
        mask *= x.dtype.type(1 / (1 - self.rate))
        memo.kept["mask"] = mask
        return x * mask

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        mask = memo.kept["mask"]
        return grad if mask is None else grad * mask
