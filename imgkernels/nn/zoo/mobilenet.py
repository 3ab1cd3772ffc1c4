"""MobileNet v1."""

from __future__ import annotations

from collections.abc import Sequence

from imgkernels.errors import InvalidValue
from imgkernels.nn.activation_layers import Activation
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.dense import Dense
from imgkernels.nn.depthwise import DepthwiseConv2D
from imgkernels.nn.dropout import Dropout
from imgkernels.nn.global_pooling import GlobalAveragePooling2D
from imgkernels.nn.layer import Layer
from imgkernels.nn.normalization import BatchNormalization
from imgkernels.nn.sequential import Sequential

# Filters and stride of the thirteen pairs of a depthwise and a 1 x 1 convolution.
_BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2),
    *[(512, 1)] * 5, (1024, 2), (1024, 1),
)  # fmt: skip


def mobilenet(
    *,
    seed: int = 0,
    classes: int = 1000,
    width: float = 1.0,
    input_shape: Sequence[int] = (224, 224, 3),
) -> Sequential:
    """Build MobileNet v1 (S4-32), every layer `width` times as wide; 4,253,864 weights at 1.

    Source: Howard et al., MobileNets, 2017.
    """
    if not 0 < width <= 4:
        raise InvalidValue(f"mobilenet: width must be > 0, at most 4; got {width!r}")

    def wide(filters: int) -> int:
        return max(1, int(filters * width))

    layers: list[Layer] = [
        Conv2D(wide(32), 3, 2, "same", use_bias=False, input_shape=input_shape, name="conv1"),
        *_after("conv1"),
    ]
    for number, (filters, stride) in enumerate(_BLOCKS, 1):
        depth, point = f"conv_dw_{number}", f"conv_pw_{number}"
        layers += [
            DepthwiseConv2D(3, stride, "same", use_bias=False, name=depth),
            *_after(depth),
            Conv2D(wide(filters), 1, use_bias=False, name=point),
            *_after(point),
        ]
    layers += [
        GlobalAveragePooling2D(name="mean"),
        Dropout(1e-3),
        Dense(classes, activation="softmax", name="preds"),
    ]
    return Sequential(layers, name="mobilenet", seed=seed)


def _after(name: str) -> list[Layer]:
    return [BatchNormalization(name=f"{name}_bn"), Activation("relu6", name=f"{name}_relu")]
