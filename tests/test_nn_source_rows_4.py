"""What source 4 says of layers and networks, row by row (source-rows.md)."""

import numpy as np
import pytest
from scipy import signal

from imgkernels import nn
from imgkernels.nn import zoo
from imgkernels.nn.data import load
from imgkernels.nn.receptive import receptive_fields


def answer(layer, x, weights=()):
    """What a layer answers to x, its weights put in."""
    model = nn.Sequential([nn.Input(x.shape[1:]), layer])
    model.set_weights(weights)
    return model.predict(x)


def shapes(model):
    return {s.node.layer.name: s.shape for s in model.network.steps}


def test_s4_9_the_two_layer_network():
    model = zoo.build("two-layer")
    assert model.count_params() == 784 * 500 + 500 + 500 * 10 + 10
    assert all(layer.kernel.regularizer.l2 == 0.5e-4 for layer in model.layers[1:])
    average, rate = nn.MovingAverage(0.99), nn.schedules.ExponentialDecay(0.8, 600, 0.99)
    model.compile(nn.optimizers.SGD(rate), "sparse_categorical_crossentropy")
    model.fit(np.ones((8, 28, 28, 1)), np.arange(8), 4, 2, callbacks=[average])
    assert rate(600) == pytest.approx(0.792)
    assert average.steps_done == 4


def test_s4_11_receptive_fields_grow_with_windows_and_strides():
    model = nn.Sequential([
        nn.Conv2D(1, 3, input_shape=(32, 32, 1), name="a"), nn.Conv2D(1, 3, name="b"),
        nn.MaxPooling2D(2, name="c"), nn.Conv2D(1, 3, dilation_rate=2, name="d"),
    ])  # fmt: skip
    fields = receptive_fields(model)
    assert {name: field.size for name, field in fields.items()} == {
        "a": (3, 3), "b": (5, 5), "c": (6, 6), "d": (14, 14),
    }  # fmt: skip
    picture = np.zeros((1, 32, 32, 1), np.float32)
    _, _, back = model.gradient(picture, np.eye(100)[44].reshape(1, 10, 10, 1))
    seen = np.argwhere(back[0, ..., 0])  # pooling of a flat picture lets one of four through
    assert (np.ptp(seen, axis=0) + 1 <= 14).all()


def test_s4_17_narrow_equal_and_wide():
    sizes = [nn.Conv1D(1, 3, padding=p).output_shape((9, 1))[0] for p in ("valid", "same", "full")]
    assert sizes == [7, 9, 11]


def test_s4_18_gradients_are_convolutions(rng):
    """For w: x correlated with the error; for x: the error widely convolved with w."""
    x, w, delta = rng.normal(size=(6, 5)), rng.normal(size=(3, 2)), rng.normal(size=(4, 4))
    layer = nn.Conv2D(1, (3, 2), use_bias=False, dtype="float64")
    model = nn.Sequential([nn.Input((6, 5, 1)), layer])
    model.set_weights([w[..., None, None]])
    model.network.forward([x[None, ..., None]])
    (dx,) = model.network.backward([delta[None, ..., None]], to=[0])
    (dw,) = model.network.weight_gradients()
    np.testing.assert_allclose(dw[..., 0, 0], signal.correlate(x, delta, "valid"), atol=1e-12)
    np.testing.assert_allclose(dx[0, ..., 0], signal.convolve(delta, w, "full"), atol=1e-12)
    np.testing.assert_allclose(signal.convolve(w, delta), signal.convolve(delta, w), atol=1e-12)


@pytest.mark.parametrize("size", [8, 28, 64])
def test_s4_19_weights_do_not_grow_with_the_picture(size):
    layer = nn.Conv2D(1, 5)
    nn.Sequential([nn.Input((size, size, 1)), layer])
    assert layer.count_params() == 5 * 5 + 1


@pytest.mark.parametrize(("d", "p", "u", "v"), [(1, 1, 3, 3), (3, 32, 3, 3), (16, 64, 5, 3)])
def test_s4_20_filters_times_maps_times_window_and_a_bias_each(d, p, u, v):
    layer = nn.Conv2D(p, (u, v))
    nn.Sequential([nn.Input((9, 9, d)), layer])
    assert layer.count_params() == d * p * (u * v) + p


def test_s4_21_mean_pooling_is_a_convolution_with_a_flat_kernel(rng):
    x = rng.normal(size=(1, 6, 6, 1))
    flat = nn.Conv2D(1, 2, 2, use_bias=False, dtype="float64")
    mean = nn.AveragePooling2D(2, dtype="float64")
    np.testing.assert_allclose(answer(mean, x), answer(flat, x, [np.full((2, 2, 1, 1), 0.25)]))


def test_s4_22_blocks_of_convolutions_and_pooling_are_built_in_a_loop():
    layers = [nn.Input((32, 32, 3))]
    for filters in (8, 16, 32):
        layers += [nn.Conv2D(filters, 3, padding="same"), nn.Conv2D(filters, 3, padding="same")]
        layers.append(nn.MaxPooling2D(2))
    dense = nn.Sequential([*layers, nn.Flatten(), nn.Dense(10)])
    convolved = nn.Sequential([*layers[:1], *[nn.Conv2D(8, 3, 2, "same") for _ in range(5)],
                               nn.Conv2D(10, 1), nn.GlobalAveragePooling2D()])  # fmt: skip
    assert shapes(dense)["max_pooling2d_2"] == (4, 4, 32)
    assert dense.output_shape == convolved.output_shape == (None, 10)


def test_s4_23_mean_pooling_spreads_its_error_evenly():
    model = nn.Sequential([nn.Input((2, 4, 1)), nn.AveragePooling2D(2)])
    _, _, back = model.gradient(np.zeros((1, 2, 4, 1)), np.array([[[[8.0], [4.0]]]]))
    assert back[0, ..., 0].tolist() == [[2, 2, 1, 1]] * 2


def test_s4_24_lenet_5_has_seven_layers_and_the_papers_sizes():
    model = zoo.build("lenet-5")
    found = shapes(model)
    names = ("c1", "s2", "c3", "s4", "c5", "f6", "output")
    assert [found[name] for name in names] == [
        (28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120), (84,), (10,),
    ]  # fmt: skip
    assert model.count_params() == 61_706


def test_s4_25_inception_joins_four_branches():
    start = nn.Input((28, 28, 192))
    model = nn.Model(start, zoo.inception_module(start, (64, 96, 128, 16, 32, 32), "3a"))
    assert model.output_shape == (None, 28, 28, 64 + 128 + 32 + 32)
    assert model.count_params() == 163_696  # GoogLeNet's module 3a: "159K" in its table 1
    windows = {layer.name: getattr(layer, "kernel_size", None) for layer in model.layers}
    assert windows["3a_3x3"] == (3, 3)
    assert windows["3a_5x5"] == (5, 5)
    for name in ("3a_1x1", "3a_3x3_reduce", "3a_5x5_reduce", "3a_pool_proj"):
        assert windows[name] == (1, 1)


@pytest.mark.parametrize(("grouped", "total"), [(True, 60_965_224), (False, 62_378_344)])
def test_s4_26_alexnet_55_27_13_6(grouped, total):
    model = zoo.build("alexnet", grouped=grouped)
    found = shapes(model)
    assert [found[name] for name in ("conv1", "norm1", "norm2", "conv3", "conv4", "pool5")] == [
        (55, 55, 96), (27, 27, 96), (13, 13, 256), (13, 13, 384), (13, 13, 384), (6, 6, 256),
    ]  # fmt: skip
    assert found["fc6"] == found["fc7"] == (4096,)
    assert (found["fc8"], model.count_params()) == ((1000,), total)


def test_s4_28_relu_learns_faster_than_tanh():
    train, _ = load("digits")
    losses = []
    for activation in ("relu", "tanh"):
        model = nn.Sequential([
            nn.Conv2D(8, 5, 2, activation=activation, input_shape=(28, 28, 1)),
            nn.Conv2D(16, 5, 2, activation=activation), nn.Flatten(),
            nn.Dense(10, activation="softmax"),
        ])  # fmt: skip
        model.compile(nn.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
        losses.append(model.fit(train.x()[:2000], train.labels[:2000], 32, 3).history["loss"][-1])
    assert losses[0] < losses[1]


def test_s4_29_neighbours_inhibit_each_other():
    x = np.zeros((1, 1, 1, 8))
    x[..., 3] = 10
    alone = answer(nn.LocalResponseNormalization(5, 1.0, 0.75, 2.0, dtype="float64"), x)
    assert alone[0, 0, 0, 3] == pytest.approx(10 / (2 + 100 / 5) ** 0.75)
    x[..., 4] = 10
    beside = answer(nn.LocalResponseNormalization(5, 1.0, 0.75, 2.0, dtype="float64"), x)
    assert beside[0, 0, 0, 3] < alone[0, 0, 0, 3]


@pytest.mark.parametrize(("size", "stride", "out"), [(2, 2, 3), (2, 1, 5), (3, 1, 4), (3, 2, 2)])
def test_s4_30_overlapping_pooling(rng, size, stride, out):
    """On 6 x 6; the source says 4 x 4 for size 2 and stride 1, which is size 3's."""
    x = rng.normal(size=(1, 6, 6, 1))
    y = answer(nn.MaxPooling2D(size, stride, dtype="float64"), x)[0, ..., 0]
    due = np.lib.stride_tricks.sliding_window_view(x[0, ..., 0], (size, size))
    np.testing.assert_array_equal(y, due[::stride, ::stride].max(axis=(2, 3)))
    assert y.shape == (out, out)


def test_s4_32_mobilenet_and_its_width():
    counts = {w: zoo.build("mobilenet", width=w).count_params() for w in (1.0, 0.25)}
    assert counts == {1.0: 4_253_864, 0.25: 475_544}  # Keras's counts, with classes on top
    split = nn.SeparableConv2D(64, 3)
    nn.Sequential([nn.Input((9, 9, 32)), split])
    assert split.count_params() == 9 * 32 + 32 * 64 + 64
