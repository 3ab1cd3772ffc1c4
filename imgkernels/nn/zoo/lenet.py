"""LeNet-5."""

from __future__ import annotations

from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.pooling import AveragePooling2D
from imgkernels.nn.reshape import Flatten, ZeroPadding2D
from imgkernels.nn.sequential import Sequential


def lenet_5(*, seed: int = 0, classes: int = 10) -> Sequential:
    """Build LeNet-5 (S4-24): seven layers on a digit of 28 x 28 framed to 32 x 32, 61,706 weights.

    Sizes are the paper's; its partly connected C3 and its radial output are a full convolution and
    a softmax, its subsampling is a mean.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998.
    """
    return Sequential(
        [
            ZeroPadding2D(2, input_shape=(28, 28, 1), name="frame"),
            Conv2D(6, 5, activation="tanh", name="c1"),
            AveragePooling2D(2, name="s2"),
            Conv2D(16, 5, activation="tanh", name="c3"),
            AveragePooling2D(2, name="s4"),
            Conv2D(120, 5, activation="tanh", name="c5"),
            Flatten(),
            Dense(84, activation="tanh", name="f6"),
            Dense(classes, activation="softmax", name="output"),
        ],
        name="lenet-5",
        seed=seed,
    )
