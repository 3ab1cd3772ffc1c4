"""Rows of the source documents about layers, models and training, each by its number.

Rows of data, files, pictures and commands are in test_nn_tools_rows.py. S0-8, S3-2, S3-15, S3-17,
S4-10, S4-22, S4-27, S4-28 and S4-31 tell of other programs, history or figures without a number.
"""

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import nn
from imgkernels.errors import InvalidValue
from imgkernels.nn import recipes, zoo
from imgkernels.nn.callbacks import LearningRateScheduler
from imgkernels.nn.initializers import VarianceScaling
from imgkernels.nn.layer import Memo
from imgkernels.nn.optimizers import SGD, RMSprop
from imgkernels.nn.receptive import receptive_fields


def ran(layer, x, *weights):
    layer.ensure_built([x.shape[1:]], np.random.default_rng(0))
    if weights:
        layer.set_weights(weights)
    memo = Memo()
    return layer.forward(np.ascontiguousarray(x, layer.dtype), memo), memo


def shapes(name, **options):
    return [symbol.shape for symbol in zoo.build(name, **options).network.steps]


def image(rows):
    return np.asarray(rows, float)[np.newaxis, ..., np.newaxis]


def test_s0_3_the_front_half_of_a_small_cnn():
    x = image([[1, 2, 0], [0, 1, 3], [2, 1, 1]])
    kernel = np.array([[1.0, -1.0], [0.0, 1.0]])[..., None, None]
    y, _ = ran(nn.Conv2D(1, 2, activation="relu", use_bias=False), x, kernel)
    assert y[0, ..., 0].tolist() == [[0, 5], [0, 0]]
    assert ran(nn.MaxPooling2D(2), y)[0].item() == 5


def test_s0_4_flatten_pulls_maps_flat():
    assert nn.Flatten()(np.arange(8.0).reshape(1, 2, 2, 2)).tolist() == [list(range(8))]


def test_s0_5_pooling_sends_the_error_to_the_maximum():
    y, memo = ran(pool := nn.MaxPooling2D(2), image([[1, 2], [4, 3]]))
    assert pool.backward(np.full_like(y, 7.0), memo)[0, ..., 0].tolist() == [[0, 0], [7, 0]]
    assert not pool.variables


def test_s0_6_the_kernels_gradient_is_the_input_correlated_with_the_error(rng):
    x, error = rng.normal(size=(6, 6)), rng.normal(size=(4, 4))
    layer = nn.Conv2D(1, 3, use_bias=False, dtype="float64")
    _, memo = ran(layer, image(x))
    layer.backward(image(error), memo)
    want = ik.correlate(x, error, extent="valid")
    np.testing.assert_allclose(memo.grads["kernel"][..., 0, 0], want, atol=1e-12)


def test_s0_7_the_error_before_is_a_full_convolution(rng):
    x, error, taps = rng.normal(size=(6, 6)), rng.normal(size=(4, 4)), rng.normal(size=(3, 3))
    layer = nn.Conv2D(1, 3, use_bias=False, dtype="float64")
    _, memo = ran(layer, image(x), taps[..., None, None])
    back = layer.backward(image(error), memo)[0, ..., 0]
    want = ik.convolve(error, taps, extent="full", border="constant")
    np.testing.assert_allclose(back, want, atol=1e-12)


def test_s0_9_the_examples_names():
    assert {"mnist-mlp", "mnist-cnn"} <= set(zoo.names())
    assert zoo.build("mnist-mlp").count_params() == 669_706


def test_s0_11_simpleconv3():
    model = zoo.build("simpleconv3")
    assert shapes("simpleconv3")[0] == (24, 24, 12)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 3 and kinds.count("Dense") == 3
    assert model.get_layer("bn1").axis == 3
    assert model.layers[-3].units == 1200 and model.layers[-1].activation.name == "softmax"


def test_s0_12_compile_and_callbacks(tmp_path):
    model = nn.Sequential([nn.Dense(2, "softmax", input_shape=(3,))])
    model.compile("sgd", "categorical_crossentropy", ["accuracy"])
    path = tmp_path / "model-{epoch}.npz"
    told = [nn.ModelCheckpoint(path), LearningRateScheduler(lambda epoch: 0.1)]
    model.fit(np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]], epochs=2, callbacks=told)
    assert {p.name for p in tmp_path.iterdir()} == {"model-1.npz", "model-2.npz"}


def test_s0_13_fit_takes_a_generator():
    model = nn.Sequential([nn.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    batches = ((np.ones((2, 3)), np.ones((2, 1))) for _ in range(6))
    assert len(model.fit(batches, steps_per_epoch=3, epochs=2).epoch) == 2


def test_s1_1_conv2ds_fifteen_arguments():
    layer = nn.Conv2D(
        4, (3, 3), (2, 2), "SAME", "channels_last", (2, 2), activation=None, use_bias=True,
        kernel_initializer="he_normal", bias_initializer="ones", kernel_regularizer="l2",
        bias_regularizer="l1", activity_regularizer="l2", kernel_constraint="max_norm",
        bias_constraint="non_neg",
    )  # fmt: skip
    assert layer.output_shape((8, 8, 1)) == (4, 4, 4)  # strides go with dilation here
    _, _ = ran(layer, np.ones((1, 8, 8, 1)))
    assert layer.bias.value.tolist() == [1] * 4
    assert layer.kernel.regularizer.l2 == 0.01 and layer.bias.regularizer.l1 == 0.01
    assert layer.activation.name == "linear"


def test_s1_2_max_pooling():
    assert nn.MaxPooling2D((2, 2)).output_shape((26, 26, 32)) == (13, 13, 32)
    assert nn.MaxPooling2D(2).strides == (2, 2)
    assert nn.MaxPooling2D(2, padding="same").output_shape((5, 5, 1)) == (3, 3, 1)
    first = nn.MaxPooling2D(2, data_format="channels_first")
    assert first.output_shape((3, 8, 8)) == (3, 4, 4)


def test_s1_3_net_a():
    assert zoo.build("net-a").count_params() == 93_322
    assert [layer.count_params() for layer in zoo.build("net-a").layers] == [
        320, 0, 18_496, 0, 36_928, 0, 36_928, 650,
    ]  # fmt: skip


def test_s1_5_the_sources_recipe():
    optimizer = recipes.named("source").optimizer(1)
    assert isinstance(optimizer, RMSprop)
    assert (optimizer.rate, optimizer.rho, optimizer.epsilon) == (0.001, 0.9, 1e-7)
    assert recipes.named("source").batch_size == 64


def test_s1_9_a_shifted_input_shifts_the_responses(rng):
    layer = nn.Conv2D(4, 3, padding="same", border="wrap", dtype="float64")
    x = rng.normal(size=(1, 9, 9, 1))
    y, moved = layer(x), layer(np.roll(x, (2, 3), (1, 2)))
    np.testing.assert_allclose(moved, np.roll(y, (2, 3), (1, 2)), atol=1e-12)


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


def test_s1_16_s3_10_pooling_keeps_the_maximum_of_each_channel(rng):
    x = rng.normal(size=(1, 4, 4, 3))
    y = nn.MaxPooling2D(4, dtype="float64")(x)
    np.testing.assert_array_equal(y[0, 0, 0], x.max(axis=(0, 1, 2)))


def test_s2_6_s2_16_nets_b_and_c():
    assert zoo.build("net-b").count_params() == 1_199_882
    assert zoo.build("net-c").count_params() == 35_754
    assert [s[1] for s in shapes("net-c")[:5]] == [24, 22, 11, 9, 4]


def test_s3_1_blocks():
    kinds = [layer.name for layer in zoo.build("simple-convnet").layers]
    assert kinds == [
        "conv1", "relu1", "pool1", "flatten", "affine1", "relu2", "affine2", "softmax",
    ]  # fmt: skip


def test_s3_3_the_sum_is_37():
    products = [1 * 1, 2 * 1, 0 * 3, 4 * 0, 5 * 2, 6 * 0, 7 * 1, 8 * 2, 1 * 1]
    given = np.array([1.0, 2, 0, 4, 5, 6, 7, 8, 1]).reshape(1, 3, 3, 1)
    kernel = np.array([1.0, 1, 3, 0, 2, 0, 1, 2, 1]).reshape(3, 3, 1, 1)
    y, _ = ran(nn.Conv2D(1, 3, use_bias=False), given, kernel)
    assert y.item() == sum(products) == 37


def test_s3_4_the_bias_is_added_to_every_output():
    kernel = np.zeros((3, 3, 1, 1))
    y, _ = ran(nn.Conv2D(1, 3), np.ones((1, 4, 4, 1)), kernel, [3.0])
    assert (y == 3).all()


def test_s3_7_channels_are_added_up(rng):
    x, kernel = rng.normal(size=(5, 5, 3)), rng.normal(size=(3, 3, 3))
    layer = nn.Conv2D(1, 3, use_bias=False, dtype="float64")
    y, _ = ran(layer, x[np.newaxis], kernel[..., np.newaxis])
    want = ik.correlate(x, kernel, channels="sum", extent="valid")
    np.testing.assert_allclose(y[0, ..., 0], want, atol=1e-12)


def test_s3_8_s3_9_im2col_is_the_convolution(rng):
    """The book's im2col, and its product, equal the layer."""
    x, w = rng.normal(size=(2, 3, 7, 7)), rng.normal(size=(4, 3, 3, 3))
    columns = np.stack([
        x[n, :, i : i + 3, j : j + 3].ravel()
        for n in range(2) for i in range(0, 5, 2) for j in range(0, 5, 2)
    ])  # fmt: skip
    want = (columns @ w.reshape(4, -1).T).reshape(2, 3, 3, 4).transpose(0, 3, 1, 2)
    layer = nn.Conv2D(4, 3, 2, data_format="channels_first", use_bias=False, dtype="float64")
    y, _ = ran(layer, x, w.transpose(2, 3, 1, 0))
    np.testing.assert_allclose(y, want, atol=1e-12)


def test_s3_11_pooling_remembers_the_first_maximum():
    y, memo = ran(pool := nn.MaxPooling2D(2), image([[5, 5], [5, 5]]))
    assert pool.backward(np.ones_like(y), memo)[0, ..., 0].tolist() == [[1, 0], [0, 0]]


def test_s3_12_simple_convnet():
    assert zoo.build("simple-convnet").count_params() == 433_890
    assert zoo.build("simple-convnet").get_weights()[0].std() == pytest.approx(0.01, rel=0.1)


def test_s3_13_backprop_equals_the_numerical_gradient(rng):
    model = nn.Sequential(
        [
            nn.Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1), dtype="float64"),
            nn.MaxPooling2D(2, dtype="float64"),
            nn.Flatten(dtype="float64"),
            nn.Dense(3, "softmax", dtype="float64"),
        ]
    )
    x, y = rng.normal(size=(3, 6, 6, 1)), np.array([0, 2, 1])
    model.compile(SGD(1.0), "sparse_categorical_crossentropy")
    before = model.get_weights()

    def loss(weights):
        model.set_weights(weights)
        return model.evaluate(x, y)["loss"]

    loss(before)
    model.fit(x, y, 3, 1)
    step = [b - a for a, b in zip(model.get_weights(), before, strict=True)]
    for number, array in enumerate(before):
        for at in list(np.ndindex(array.shape))[::5]:
            sides = []
            for shift in (1e-5, -1e-5):
                moved = [w.copy() for w in before]
                moved[number][at] += shift
                sides.append(loss(moved))
            assert step[number][at] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-6)


def test_s3_16_lenet_and_alexnet():
    assert zoo.build("lenet-5").count_params() == 61_706
    kinds = {type(layer).__name__ for layer in zoo.build("lenet-5").layers}
    assert "AveragePooling2D" in kinds


def test_s4_9_the_two_layer_network():
    model = zoo.build("two-layer")
    assert model.count_params() == 784 * 500 + 500 + 500 * 10 + 10
    assert all(layer.kernel.regularizer.l2 == 0.5e-4 for layer in model.layers[1:])
    average = nn.MovingAverage(0.99)
    rate = nn.schedules.ExponentialDecay(0.8, 600, 0.99)
    model.compile(SGD(rate), "sparse_categorical_crossentropy")
    model.fit(np.ones((8, 28, 28, 1)), np.arange(8), 4, 2, callbacks=[average])
    assert rate(600) == pytest.approx(0.792) and average.steps_done == 4


def test_s4_11_receptive_fields():
    fields = {name: str(f) for name, f in receptive_fields(zoo.build("net-a")).items()}
    assert list(fields.values())[:6] == ["3 x 3", "4 x 4", "8 x 8", "10 x 10", "18 x 18", "all"]


def test_s4_12_s4_15_a_layer_correlates(rng):
    x, taps = rng.normal(size=9), rng.normal(size=3)
    layer = nn.Conv1D(1, 3, use_bias=False, dtype="float64")
    y, _ = ran(layer, x[np.newaxis, :, np.newaxis], taps[:, None, None])
    np.testing.assert_allclose(y[0, :, 0], np.convolve(x, taps[::-1], "valid"), atol=1e-12)


def test_s4_17_narrow_equal_and_wide():
    sizes = [nn.Conv1D(1, 3, padding=p).output_shape((9, 1))[0] for p in ("valid", "same", "full")]
    assert sizes == [7, 9, 11]


def test_s4_18_derivatives_of_a_convolution(rng):
    test_s0_6_the_kernels_gradient_is_the_input_correlated_with_the_error(rng)
    test_s0_7_the_error_before_is_a_full_convolution(rng)
    a, b = rng.normal(size=(4, 4)), rng.normal(size=(3, 3))
    options = {"extent": "full", "border": "constant"}
    np.testing.assert_allclose(ik.convolve(a, b, **options), ik.convolve(b, a, **options))


def test_s4_19_s4_20_weights_do_not_depend_on_the_size():
    for size in (8, 50):
        layer = nn.Conv2D(5, (3, 4))
        layer.ensure_built([(size, size, 2)], np.random.default_rng(0))
        assert layer.count_params() == 5 * 2 * (3 * 4) + 5


def test_s4_21_s4_23_mean_pooling_spreads_evenly():
    y, memo = ran(pool := nn.AveragePooling2D(2), image([[1, 2], [3, 4]]))
    assert y.item() == 2.5
    assert (pool.backward(np.ones_like(y), memo) == 0.25).all()


def test_s4_25_an_inception_module():
    start = nn.Input((28, 28, 192))
    out = zoo.inception_module(start, (64, 96, 128, 16, 32, 32), "3a")
    model = nn.Model(start, out)
    assert out.shape == (28, 28, 256)
    assert model.count_params() == 163_696
    assert str(receptive_fields(model)["3a_output"]) == "5 x 5"


def test_s4_26_alexnet(monkeypatch):
    # Sixty million draws take their time, and are not what is looked at.
    monkeypatch.setattr(VarianceScaling, "__call__", lambda self, shape, rng: np.zeros(shape, "f"))
    model = zoo.build("alexnet")
    sizes = [s.shape[0] for s in model.network.steps if len(s.shape) == 3]
    assert sizes == [55, 27, 27, 27, 13, 13, 13, 13, 13, 6]
    assert model.count_params() == 60_965_224
    assert zoo.build("alexnet", grouped=False).count_params() == 62_378_344


def test_s4_29_local_response_normalisation():
    x = np.ones((1, 1, 1, 5))
    y, _ = ran(nn.LocalResponseNormalization(3, 3.0, 1.0, 1.0, dtype="float64"), x)
    np.testing.assert_allclose(y[0, 0, 0], [1 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 3])


def test_s4_30_overlapping_pooling():
    """2 wide, 1 apart on 6 x 6 gives 5 x 5; the source's 4 x 4 needs a window of 3."""
    assert nn.MaxPooling2D(2, 1).output_shape((6, 6, 1)) == (5, 5, 1)
    assert nn.MaxPooling2D(3, 1).output_shape((6, 6, 1)) == (4, 4, 1)


def test_s4_32_mobilenet_and_its_width():
    assert zoo.build("mobilenet").count_params() == 4_253_864
    assert zoo.build("mobilenet", width=0.5).count_params() < 1_400_000
    with pytest.raises(InvalidValue, match="width must be > 0"):
        zoo.build("mobilenet", width=0)
