"""Rows of the source documents about networks by name and sizes, each by its number."""

import pytest

from imgkernels import nn
from imgkernels.nn import zoo


def test_s0_9_the_examples_names():
    assert {"mnist-mlp", "mnist-cnn"} <= set(zoo.names())
    assert zoo.build("mnist-mlp").count_params() == 669_706


@pytest.mark.parametrize(
    ("size", "window", "padding", "stride", "due"),
    [
        (28, 3, "valid", 1, 26),  # S1-10
        (5, 3, "valid", 1, 3),  # S1-13
        (5, 3, "same", 1, 5),  # S1-14
        (28, 3, "same", 2, 14),  # S1-15
        (4, 3, 1, 1, 4),  # S3-5
        (7, 3, 0, 2, 3),  # S3-6
        (8, 3, 0, 2, 3),  # S3-6: what does not divide is rounded down, as its code does
        (227, 11, 0, 4, 55),  # S4-26
        (31, 5, 0, 1, 27),  # S4-26
    ],
)
def test_s1_10_to_s4_16_sizes(size, window, padding, stride, due):
    """(M - K + 2 P) / S + 1."""
    layer = nn.Conv2D(32, window, stride, padding)
    assert layer.output_shape((size, size, 1)) == (due, due, 32)


def test_s3_16_lenet_and_alexnet():
    assert zoo.build("lenet-5").count_params() == 61_706
    kinds = {type(layer).__name__ for layer in zoo.build("lenet-5").layers}
    assert "AveragePooling2D" in kinds
