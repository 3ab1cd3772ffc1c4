"""SimpleConvNet of the book the sources take notes of, and simpleconv3."""

from __future__ import annotations

from collections.abc import Sequence

from imgkernels.nn.activation_layers import Activation
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.graph import Input
from imgkernels.nn.initializers import RandomNormal
from imgkernels.nn.model import Model
from imgkernels.nn.normalization import BatchNormalization
from imgkernels.nn.pooling import MaxPooling2D
from imgkernels.nn.reshape import Flatten
from imgkernels.nn.sequential import Sequential


def simple_convnet(*, seed: int = 0, classes: int = 10) -> Sequential:
    """Build SimpleConvNet (S3-12): Conv-ReLU-Pool-Affine-ReLU-Affine-Softmax, 433,890 weights."""
    start = RandomNormal(stddev=0.01)
    return Sequential(
        [
            Conv2D(30, 5, kernel_initializer=start, input_shape=(28, 28, 1), name="conv1"),
            Activation("relu", name="relu1"),
            MaxPooling2D(2, name="pool1"),
            Flatten(),
            Dense(100, kernel_initializer=start, name="affine1"),
            Activation("relu", name="relu2"),
            Dense(classes, kernel_initializer=start, name="affine2"),
            Activation("softmax", name="softmax"),
        ],
        name="simple-convnet",
        seed=seed,
    )


def simpleconv3(
    *, seed: int = 0, classes: int = 2, input_shape: Sequence[int] = (48, 48, 3)
) -> Model:
    """Build simpleconv3 (S0-11) by the functional way: three convolutions that halve, two dense.

    The first width (12) and the first dense layer (1200) are the source's; the others are lost
    there, and double (24, 48; 128).
    """
    start = symbol = Input(input_shape)
    for number, filters in enumerate((12, 24, 48), 1):
        symbol = Conv2D(filters, 3, 2, "same", name=f"conv{number}")(symbol)
        symbol = BatchNormalization(axis=3, name=f"bn{number}")(symbol)
        symbol = Activation("relu", name=f"relu{number}")(symbol)
    symbol = Flatten()(symbol)
    symbol = Dense(1200, activation="relu")(symbol)
    symbol = Dense(128, activation="relu")(symbol)
    symbol = Dense(classes, activation="softmax")(symbol)
    return Model(start, symbol, name="simpleconv3", seed=seed)
