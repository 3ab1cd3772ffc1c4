"""Dropout: values left out at random while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.layer import Layer, Memo, Shape
from imgkernels.values import Floats


class Dropout(Layer):
    """Sets a share `rate` of the values to 0 and scales the others by `1 / (1 - rate)`.

    Only while training. Which ones depends on the model's seed, the step and the layer alone, and
    on `seed` where that is given. `noise_shape`, with the batch first, has 1 for axes along which
    values are left out together, and None for those of the input: `(None, 1, 1, None)` leaves out
    whole maps. Source: Srivastava et al., Dropout, 2014.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if not 0 <= rate < 1:
            raise InvalidValue(f"{self.label}: rate must be from 0 to below 1; got {rate!r}")
        self.rate, self.seed = float(rate), seed
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        if self.noise_shape is not None and self.noise_shape[:1] != (None,):
            raise InvalidValue(
                f"{self.label}: noise_shape must begin with None, the batch; got {noise_shape!r}"
            )

    def output_shape(self, shape: Shape) -> Shape:
        wanted = (None, *shape) if self.noise_shape is None else self.noise_shape
        fits = len(wanted) == len(shape) + 1 and all(
            n in (None, 1, m) for n, m in zip(wanted[1:], shape, strict=True)
        )
        if not fits:
            raise InvalidValue(
                f"{self.label}: noise_shape must have None, 1 or the size for each axis of "
                f"{(None, *shape)}; got {wanted}"
            )
        return shape

    def forward(self, x: Floats, memo: Memo) -> Floats:
        if not memo.training or self.rate == 0:
            memo.kept["mask"] = None
            return x
        drawn = self._rng(memo).random(self._noise(x.shape), np.float32)
        mask = (drawn >= self.rate).astype(x.dtype)
        mask *= x.dtype.type(1 / (1 - self.rate))
        memo.kept["mask"] = mask
        return x * mask

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        mask = memo.kept["mask"]
        return grad if mask is None else grad * mask

    def _rng(self, memo: Memo) -> np.random.Generator:
        if self.seed is None:
            return memo.rng()
        return np.random.default_rng([*memo.seed, self.seed])

    def _noise(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self.noise_shape is None:
            return shape
        pairs = zip(self.noise_shape, shape, strict=True)
        return tuple(size if wanted is None else wanted for wanted, size in pairs)
