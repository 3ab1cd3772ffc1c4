"""Networks of the source documents by name; each makes anew, weights drawn from the seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from imgkernels.errors import unknown
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.dropout import Dropout
from imgkernels.nn.layer import Layer
from imgkernels.nn.model import Model
from imgkernels.nn.pooling import AveragePooling2D, MaxPooling2D
from imgkernels.nn.reshape import Flatten
from imgkernels.nn.sequential import Sequential


def names() -> list[str]:
    """Return the names of all networks."""
    return sorted(_NETS)


def build(name: str, *, classes: int = 10, seed: int = 0) -> Model:
    """Return an untrained network; raise `UnknownName` with the near match.

    >>> build("net-a").count_params()
    93322
    """
    if name not in _NETS:
        raise unknown("network", name, _NETS)
    return Sequential(_NETS[name](classes), name=name, seed=seed)


def net_a(classes: int) -> list[Layer]:
    """Return the layers of the source's first network for MNIST: 93,322 weights (S1-3)."""
    return [
        Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        Flatten(),
        Dense(64, activation="relu"),
        Dense(classes, activation="softmax"),
    ]


def net_b(classes: int) -> list[Layer]:
    """Return the layers of Keras's MNIST example, 1,199,882 weights (S2-6)."""
    return [
        Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Dropout(0.25),
        Flatten(),
        Dense(128, activation="relu"),
        Dropout(0.5),
        Dense(classes, activation="softmax", name="preds"),
    ]


def net_c(classes: int) -> list[Layer]:
    """Return the layers of the source's Keras 1 network, channels first: 35,754 weights (S2-16)."""
    first: dict[str, Any] = {"data_format": "channels_first"}
    return [
        Conv2D(4, 5, activation="tanh", input_shape=(1, 28, 28), **first),
        Conv2D(8, 3, activation="tanh", **first),
        MaxPooling2D(2, **first),
        Conv2D(16, 3, activation="tanh", **first),
        MaxPooling2D(2, **first),
        Flatten(**first),
        Dense(128, activation="tanh"),
        Dense(classes, activation="softmax"),
    ]


def lenet_5(classes: int) -> list[Layer]:
    """Return the layers of LeNet-5 as it is usually built today, on 28 x 28: 61,706 weights."""
    return [
        Conv2D(6, 5, padding="same", activation="tanh", input_shape=(28, 28, 1)),
        AveragePooling2D(2),
        Conv2D(16, 5, activation="tanh"),
        AveragePooling2D(2),
        Flatten(),
        Dense(120, activation="tanh"),
        Dense(84, activation="tanh"),
        Dense(classes, activation="softmax"),
    ]


_NETS: dict[str, Callable[[int], list[Layer]]] = {
    "net-a": net_a,
    "net-b": net_b,
    "net-c": net_c,
    "lenet-5": lenet_5,
}
