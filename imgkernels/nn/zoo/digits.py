"""Networks for digits: the sources' A, B and C, Keras's MLP, and the two-layer network."""

from __future__ import annotations

from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.dropout import Dropout
from imgkernels.nn.initializers import Constant, TruncatedNormal
from imgkernels.nn.pooling import MaxPooling2D
from imgkernels.nn.regularizers import l2
from imgkernels.nn.reshape import Flatten
from imgkernels.nn.sequential import Sequential

_DIGIT = (28, 28, 1)


def net_a(*, seed: int = 0, classes: int = 10) -> Sequential:
    """Build Net A (S1-3): three convolutions, 93,322 weights."""
    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=_DIGIT),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Conv2D(64, (3, 3), activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(classes, activation="softmax"),
        ],
        name="net-a",
        seed=seed,
    )


def net_b(*, seed: int = 0, classes: int = 10) -> Sequential:
    """Build Net B (S2-6), Keras's mnist_cnn: 1,199,882 weights.

    The source's dropout rates are lost; these are those of Keras's example.
    """
    return Sequential(
        [
            Conv2D(32, (3, 3), activation="relu", input_shape=_DIGIT),
            Conv2D(64, (3, 3), activation="relu"),
            MaxPooling2D((2, 2)),
            Dropout(0.25),
            Flatten(),
            Dense(128, activation="relu"),
            Dropout(0.5),
            Dense(classes, activation="softmax", name="preds"),
        ],
        name="net-b",
        seed=seed,
    )


def net_c(*, seed: int = 0, classes: int = 10) -> Sequential:
    """Build Net C (S2-16): tanh, channels first, three convolutions as its arithmetic has it.

    28 to 24 by a 5 x 5 window; to 22 and 11, to 9 and 4 (9 / 2 rounded down) by 3 x 3 and pooling.
    """
    first = "channels_first"
    return Sequential(
        [
            Conv2D(4, 5, activation="tanh", data_format=first, input_shape=(1, 28, 28)),
            Conv2D(8, 3, activation="tanh", data_format=first),
            MaxPooling2D(2, data_format=first),
            Conv2D(16, 3, activation="tanh", data_format=first),
            MaxPooling2D(2, data_format=first),
            Flatten(data_format=first),
            Dense(128, activation="tanh", kernel_initializer="normal"),
            Dense(classes, activation="softmax", kernel_initializer="normal"),
        ],
        name="net-c",
        seed=seed,
    )


def mnist_mlp(*, seed: int = 0, classes: int = 10) -> Sequential:
    """Build Keras's mnist_mlp (S0-9): two dense layers of 512 with dropout, 669,706 weights."""
    return Sequential(
        [
            Flatten(input_shape=_DIGIT),
            Dense(512, activation="relu"),
            Dropout(0.2),
            Dense(512, activation="relu"),
            Dropout(0.2),
            Dense(classes, activation="softmax"),
        ],
        name="mnist-mlp",
        seed=seed,
    )


def two_layer(*, seed: int = 0, classes: int = 10, hidden: int = 500) -> Sequential:
    """Build the two-layer ReLU network of S4-9 with L2 of 1e-4, for a decaying rate and averages.

    TensorFlow's `l2_loss` has a half in front of the sum, so 0.5e-4 here.
    """
    start, bias, penalty = TruncatedNormal(stddev=0.1), Constant(0.1), l2(0.5e-4)
    return Sequential(
        [
            Flatten(input_shape=_DIGIT),
            Dense(
                hidden, "relu", kernel_initializer=start, bias_initializer=bias,
                kernel_regularizer=penalty,
            ),
            Dense(
                classes, "softmax", kernel_initializer=start, bias_initializer=bias,
                kernel_regularizer=penalty,
            ),
        ],
        name="two-layer",
        seed=seed,
    )  # fmt: skip
