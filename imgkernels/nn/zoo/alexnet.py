"""AlexNet."""

from __future__ import annotations

from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.dropout import Dropout
from imgkernels.nn.layer import Layer
from imgkernels.nn.normalization import LocalResponseNormalization
from imgkernels.nn.pooling import MaxPooling2D
from imgkernels.nn.reshape import Flatten
from imgkernels.nn.sequential import Sequential


def alexnet(*, seed: int = 0, classes: int = 1000, grouped: bool = True) -> Sequential:
    """Build AlexNet (S4-26): 227 to 55, 27, 13, 6; 60,965,224 weights, ungrouped 62,378,344.

    `grouped`: convolutions 2, 4 and 5 see half of the maps each, as on the paper's two GPUs.
    Pooling overlaps (3 wide, 2 apart) and comes before the normalisation, as the source tells it.
    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional
    neural networks, 2012.
    """
    groups = 2 if grouped else 1

    def pooled(number: int) -> list[Layer]:
        return [
            MaxPooling2D(3, 2, name=f"pool{number}"),
            # The paper's alpha is not divided by the size.
            LocalResponseNormalization(5, 1e-4, 0.75, 2.0, divide=False, name=f"norm{number}"),
        ]

    def convolved(number: int, filters: int, window: int, groups: int) -> Conv2D:
        return Conv2D(
            filters, window, padding="same", groups=groups, activation="relu", name=f"conv{number}"
        )

    first = Conv2D(96, 11, 4, activation="relu", input_shape=(227, 227, 3), name="conv1")
    return Sequential(
        [
            first, *pooled(1),
            convolved(2, 256, 5, groups), *pooled(2),
            convolved(3, 384, 3, 1), convolved(4, 384, 3, groups), convolved(5, 256, 3, groups),
            MaxPooling2D(3, 2, name="pool5"),
            Flatten(),
            Dense(4096, activation="relu", name="fc6"), Dropout(0.5),
            Dense(4096, activation="relu", name="fc7"), Dropout(0.5),
            Dense(classes, activation="softmax", name="fc8"),
        ],
        name="alexnet",
        seed=seed,
    )  # fmt: skip
