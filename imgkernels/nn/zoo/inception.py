"""The Inception module, and a small network of two of them."""

from __future__ import annotations

from collections.abc import Sequence

from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.global_pooling import GlobalAveragePooling2D
from imgkernels.nn.graph import Input, Symbol
from imgkernels.nn.merge import Concatenate
from imgkernels.nn.model import Model
from imgkernels.nn.pooling import MaxPooling2D


def inception_module(x: Symbol, widths: Sequence[int], name: str) -> Symbol:
    """Join four branches (S4-25): 1 x 1; 1 x 1 then 3 x 3; 1 x 1 then 5 x 5; pool then 1 x 1.

    `widths`: of the 1 x 1, of the two of the 3 x 3 branch, of the two of the 5 x 5 branch, of the
    pooled one. Source: Szegedy et al., Going deeper with convolutions, 2015.
    """
    one, before_three, three, before_five, five, after_pool = widths

    def conv(symbol: Symbol, filters: int, window: int, part: str) -> Symbol:
        layer = Conv2D(filters, window, padding="same", activation="relu", name=f"{name}_{part}")
        joined: Symbol = layer(symbol)
        return joined

    pooled = MaxPooling2D(3, 1, "same", name=f"{name}_pool")(x)
    branches = [
        conv(x, one, 1, "1x1"),
        conv(conv(x, before_three, 1, "3x3_reduce"), three, 3, "3x3"),
        conv(conv(x, before_five, 1, "5x5_reduce"), five, 5, "5x5"),
        conv(pooled, after_pool, 1, "pool_proj"),
    ]
    out: Symbol = Concatenate(name=f"{name}_output")(branches)
    return out


def small_inception(
    *, seed: int = 0, classes: int = 10, input_shape: Sequence[int] = (28, 28, 1)
) -> Model:
    """Build a small network of two Inception modules for digits."""
    start = Input(input_shape)
    symbol = Conv2D(16, 3, padding="same", activation="relu", name="stem")(start)
    symbol = MaxPooling2D(2, name="pool1")(symbol)
    symbol = inception_module(symbol, (16, 16, 24, 4, 8, 8), "inception_a")
    symbol = MaxPooling2D(2, name="pool2")(symbol)
    symbol = inception_module(symbol, (24, 24, 48, 8, 16, 16), "inception_b")
    symbol = GlobalAveragePooling2D(name="mean")(symbol)
    symbol = Dense(classes, activation="softmax", name="preds")(symbol)
    return Model(start, symbol, name="inception", seed=seed)
