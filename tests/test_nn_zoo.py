"""The zoo as a whole, and receptive fields against what gradients reach."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from imgkernels import nn
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.nn import zoo

COUNTS = {  # with each network's own number of classes; AlexNet's are in test_nn_source_rows_4
    "inception": 23_982,
    "lenet-5": 61_706,
    "mnist-cnn": 1_199_882,
    "mnist-mlp": 669_706,
    "mobilenet": 4_253_864,
    "net-a": 93_322,
    "net-b": 1_199_882,
    "net-c": 35_754,
    "simple-conv-net": 433_890,
    "simple-convnet": 433_890,
    "simpleconv3": 2_242_490,
    "two-layer": 397_510,
}


def test_every_network_is_counted():
    assert set(COUNTS) | {"alexnet"} == set(zoo.names())


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name):
    assert zoo.build(name).count_params() == COUNTS[name]


@pytest.mark.parametrize("name", [name for name in COUNTS if name != "mobilenet"])
def test_classes_and_seed(name):
    """Any number of classes; the seed decides the weights and nothing else does."""
    first, again, other = (zoo.build(name, classes=7, seed=seed) for seed in (3, 3, 4))
    assert first.output_shape == (None, 7)
    for a, b in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    drawn = [w for w in zip(first.get_weights(), other.get_weights(), strict=True) if np.ptp(w[0])]
    assert drawn and not any(np.array_equal(a, b) for a, b in drawn)


@pytest.mark.parametrize(("width", "count"), [(0.5, 1_342_536), (0.75, 2_601_976)])
def test_mobilenets_of_other_widths(width, count):
    """Keras's counts; every convolution by hand: windows, 1 x 1 mixing, four numbers a map."""
    pairs = (64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
    wide = [int(n * width) for n in (32, *pairs)]
    total = 27 * wide[0] + 4 * wide[0]
    for before, after in itertools.pairwise(wide):
        total += 9 * before + 4 * before + before * after + 4 * after
    assert total + 1000 * wide[-1] + 1000 == count
    assert zoo.build("mobilenet", width=width).count_params() == count


def test_inception_keeps_the_size_and_joins_the_maps():
    shapes = {s.node.layer.name: s.shape for s in zoo.build("inception").network.steps}
    assert shapes["inception_a_output"] == (14, 14, 16 + 24 + 8 + 8)
    assert shapes["inception_b_output"] == (7, 7, 24 + 48 + 16 + 16)


def test_mistakes_are_said():
    with pytest.raises(UnknownName, match="did you mean 'net-a'"):
        zoo.build("net_a")
    with pytest.raises(InvalidValue, match="no option 'widht'; did you mean 'width'"):
        zoo.build("mobilenet", widht=0.5)
    with pytest.raises(InvalidValue, match="width must be > 0, at most 4; got 0"):
        zoo.build("mobilenet", width=0)


def reached(model, place):
    """The first and last input that a value of the answer depends on."""
    length, out = model.input_shape[1], model.output_shape[1]
    wish = np.eye(out)[place].reshape(1, out, 1)
    _, _, back = model.gradient(np.ones((1, length, 1)), wish)
    seen = np.flatnonzero(back[0, :, 0])
    return seen[0], seen[-1]


@st.composite
def chains(draw):
    """Convolutions and pooling, one after the other, all weights one."""
    layers = [nn.Input((160, 1))]
    for _ in range(draw(st.integers(1, 4))):
        window, stride, dilation = (draw(st.integers(1, n)) for n in (4, 3, 2))
        if draw(st.booleans()):
            layers.append(nn.Conv1D(
                1, window, stride, dilation_rate=dilation, use_bias=False,
                kernel_initializer="ones",
            ))  # fmt: skip
        else:
            layers.append(nn.AveragePooling1D(window, stride, dilation_rate=dilation))
    return layers


@given(chains())
@settings(max_examples=40)
def test_a_receptive_field_is_what_the_gradient_reaches(layers):
    model = nn.Sequential(layers)
    field = nn.receptive_fields(model)[model.layers[-1].name]
    (first, last), (second, _) = reached(model, 0), reached(model, 1)
    assert last - first + 1 == field.size[0]
    assert second - first == field.jump[0]


@pytest.mark.parametrize(("window", "stride"), [(2, 2), (3, 2), (4, 2), (3, 3), (5, 2), (3, 1)])
def test_a_transposed_convolution_sees_the_taps_over_it(window, stride):
    model = nn.Sequential([
        nn.Conv2DTranspose(1, (window, 1), (stride, 1), kernel_initializer="ones",
                           input_shape=(9, 1, 1)),
    ])  # fmt: skip
    out = model.output_shape[1]
    widest = 0
    for place in range(out):
        _, _, back = model.gradient(np.ones((1, 9, 1, 1)), np.eye(out)[place].reshape(1, out, 1, 1))
        widest = max(widest, np.count_nonzero(back))
    assert nn.receptive_fields(model)["conv2d_transpose"].size == (widest, 1)


def test_places_that_are_gone_see_all():
    fields = nn.receptive_fields(zoo.build("net-a"))
    assert [str(field) for field in fields.values()] == [
        "3 x 3", "4 x 4", "8 x 8", "10 x 10", "18 x 18", "all", "all", "all",
    ]  # fmt: skip
