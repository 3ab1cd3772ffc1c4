"""What sources 0, 1 and 2 say of layers, networks and training, row by row (source-rows.md)."""

import inspect

import numpy as np
import pytest
from scipy import signal

from imgkernels import nn
from imgkernels.nn import zoo
from imgkernels.nn.callbacks import LearningRateScheduler
from imgkernels.nn.data import load
from imgkernels.nn.receptive import receptive_fields


def one_layer(layer, shape, weights=None):
    """A network of one layer in float64, and its weights put in."""
    model = nn.Sequential([nn.Input(shape), layer])
    if weights is not None:
        model.set_weights(weights)
    return model


def conv(*args, **options):
    return nn.Conv2D(*args, dtype="float64", **options)


def shapes(model):
    """The shape of each layer's answer."""
    return [symbol.shape for symbol in model.network.steps]


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, 7, 6, 1))


@pytest.fixture
def convolved(rng, x):
    """A 2 x 2 kernel, its network, and a gradient of what it answers."""
    w = rng.normal(size=(2, 2))
    model = one_layer(conv(1, 2, use_bias=False), (7, 6, 1), [w[..., None, None]])
    return model, w, rng.normal(size=(2, 6, 5, 1))


def test_s0_3_one_convolution_relu_and_pooling(rng, x):
    w = rng.normal(size=(2, 2))
    model = nn.Sequential([
        conv(1, 2, 1, 0, activation="relu", use_bias=False, input_shape=(7, 6, 1)),
        nn.MaxPooling2D(2, dtype="float64"),
    ])  # fmt: skip
    model.set_weights([w[..., None, None]])
    maps = signal.correlate(x[0, ..., 0], w, "valid").clip(0)
    due = maps[:6, :4].reshape(3, 2, 2, 2).max(axis=(1, 3))
    np.testing.assert_allclose(model.predict(x)[0, ..., 0], due, atol=1e-12)


def test_s0_4_pooled_maps_are_pulled_flat(x):
    np.testing.assert_array_equal(
        one_layer(nn.Flatten(dtype="float64"), (7, 6, 1)).predict(x), x.reshape(2, 42)
    )


def test_s0_5_the_error_goes_where_the_maximum_was():
    layer = nn.MaxPooling2D(2)
    model = one_layer(layer, (2, 4, 1))
    given = np.array([[1.0, 7, 4, 3], [2, 5, 8, 0]])[None, ..., None]
    _, _, back = model.gradient(given, np.array([[[[10.0], [20.0]]]]))
    assert back[0, ..., 0].tolist() == [[0, 10, 0, 0], [0, 0, 20, 0]]
    assert layer.count_params() == 0


def test_s0_6_a_kernels_gradient_is_its_input_correlated_with_the_error(convolved, x):
    model, _, delta = convolved
    model.network.forward([x])
    model.network.backward([delta])
    (found,) = model.network.weight_gradients()
    due = sum(signal.correlate(x[n, ..., 0], delta[n, ..., 0], "valid") for n in range(2))
    np.testing.assert_allclose(found[..., 0, 0], due, atol=1e-12)


def test_s0_7_the_error_before_is_a_full_convolution_with_the_kernel(convolved, x):
    model, w, delta = convolved
    _, _, back = model.gradient(x, delta)
    for n in range(2):  # zeros around delta, and the kernel turned: correlate turns it once more
        padded = np.pad(delta[n, ..., 0], 1)
        due = signal.correlate(padded, w[::-1, ::-1], "valid")
        np.testing.assert_allclose(back[n, ..., 0], due, atol=1e-12)


def test_s0_11_simpleconv3():
    model = zoo.build("simpleconv3")
    assert shapes(model)[0] == (24, 24, 12)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert (kinds.count("Conv2D"), kinds.count("Dense")) == (3, 3)
    assert model.get_layer("bn1").axis == 3
    assert (model.layers[-3].units, model.layers[-1].activation.name) == (1200, "softmax")


def test_s0_12_compile_takes_optimizer_loss_and_metric_fit_takes_callbacks(tmp_path):
    train, _ = load("digits")
    model, rates = zoo.build("mnist-mlp"), []
    model.compile("sgd", "categorical_crossentropy", ["accuracy"])
    keep = nn.ModelCheckpoint(tmp_path / "{epoch}.npz")
    slow = LearningRateScheduler(lambda epoch: rates.append(0.1 / (1 + epoch)) or rates[-1])
    model.fit(train.x()[:64], train.y()[:64], 32, 2, callbacks=[keep, slow])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.npz", "2.npz"]
    assert rates == [0.1, 0.05]
    assert model.optimizer.rate == 0.05


def test_s0_13_a_generator_gives_samples_over_batch_size_steps():
    seen = []

    def batches():
        while True:
            seen.append(1)
            yield np.zeros((4, 2), np.float32), np.zeros((4, 1), np.float32)

    model = nn.Sequential([nn.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    model.fit(batches(), steps_per_epoch=20 // 4, epochs=3)
    assert (len(seen), model.optimizer.iterations) == (15, 15)


CONV2D = {
    "filters": 2, "kernel_size": (2, 3), "strides": 2, "padding": "SAME",
    "data_format": "channels_first", "dilation_rate": 2, "activation": "tanh",
    "use_bias": False, "kernel_initializer": "he_normal", "bias_initializer": "ones",
    "kernel_regularizer": "l2", "bias_regularizer": "l1", "activity_regularizer": "l2",
    "kernel_constraint": "non_neg", "bias_constraint": "unit_norm",
}  # fmt: skip


def test_s1_1_the_fifteen_arguments_of_conv2d_in_keras_order():
    known = [name for name in inspect.signature(nn.Conv2D.__init__).parameters if name != "groups"]
    assert known[1:16] == list(CONV2D)


@pytest.mark.parametrize("name", CONV2D)
def test_s1_1_every_argument_of_conv2d_changes_what_is_learned(rng, name):
    plain = {"filters": 1, "kernel_size": 3, "bias_initializer": "normal"}
    x = rng.normal(size=(4, 8, 8, 8))
    answers = []
    for options in (plain, plain | {name: CONV2D[name]}):
        model = one_layer(conv(**options), (8, 8, 8))
        model.compile("sgd", "mse")
        y = np.zeros((4, *model.output_shape[1:]))
        losses = model.fit(x, y, 4, 2).history["loss"]
        answers.append((losses, [w.tolist() for w in model.get_weights()]))
    assert answers[0] != answers[1]


def test_s1_2_pool_size_halves_both_and_strides_are_the_size(x):
    assert nn.MaxPooling2D((2, 2)).output_shape((28, 28, 5)) == (14, 14, 5)
    assert nn.MaxPooling2D(3).strides == (3, 3)
    assert nn.MaxPooling2D(2, padding="same").output_shape((7, 7, 1)) == (4, 4, 1)
    first = nn.MaxPooling2D(2, data_format="channels_first")
    assert first.output_shape((5, 28, 28)) == (5, 14, 14)


def test_s1_3_net_a_layer_by_layer():
    model = zoo.build("net-a")
    assert shapes(model) == [
        (26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (3, 3, 64), (576,), (64,), (10,),
    ]  # fmt: skip
    counts = [layer.count_params() for layer in model.layers]
    assert counts == [320, 0, 18_496, 0, 36_928, 0, 36_928, 650]
    assert sum(counts) == sum(v.value.size for v in model.network.variables) == 93_322


def test_s1_5_the_sources_recipe():
    recipe = nn.recipes.named("source")
    optimizer = recipe.optimizer(100)
    assert type(optimizer) is nn.optimizers.RMSprop
    assert (optimizer.rate, recipe.batch_size, recipe.decay) == (1e-3, 64, None)
    assert (recipe.loss.name, recipe.changes) == ("sparse_categorical_crossentropy", None)


def test_s1_6_the_log_has_time_loss_and_accuracy_per_epoch(capsys):
    train, _ = load("digits")
    nn.recipes.named("source").train(
        zoo.build("mnist-mlp"), train.x()[:64], train.labels[:64], epochs=2, verbose=2
    )
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" - ")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert all(" - loss: " in line and " - accuracy: " in line for line in lines)


def test_s1_8_dense_is_global_convolution_is_local(rng):
    """One pixel changes all that a dense layer answers, and nine places of a 3 x 3 convolution."""
    a = np.zeros((1, 9, 9, 1), np.float32)
    b = a.copy()
    b[0, 4, 4] = 1
    local = one_layer(nn.Conv2D(1, 3), (9, 9, 1))
    wide = nn.Sequential([nn.Flatten(input_shape=(9, 9, 1)), nn.Dense(49)])
    assert (local.predict(a) != local.predict(b)).sum() == 9
    assert (wide.predict(a) != wide.predict(b)).all()


def test_s1_9_shifted_input_gives_shifted_maps_and_deeper_layers_see_more(rng):
    model = one_layer(nn.Conv2D(3, 3, activation="relu"), (12, 12, 1))
    picture = rng.random((1, 12, 12, 1), np.float32)
    maps, moved = model.predict(picture), model.predict(np.roll(picture, (2, 1), (1, 2)))
    np.testing.assert_allclose(moved[:, 2:, 1:], maps[:, :-2, :-1], atol=1e-6)
    fields = receptive_fields(zoo.build("net-a"))
    assert [str(f) for f in fields.values()][:5] == [
        "3 x 3", "4 x 4", "8 x 8", "10 x 10", "18 x 18",
    ]  # fmt: skip


def test_s1_11_patch_and_number_of_filters_are_the_parameters():
    for patch, filters in ((3, 32), (5, 64)):
        layer = nn.Conv2D(filters, patch)
        one_layer(layer, (28, 28, 1))
        assert layer.count_params() == filters * patch**2 + filters


def test_s1_12_slide_multiply_put_together(rng):
    """Every answer is the dot product of a window with the kernel, put where the window stood."""
    x, w = rng.normal(size=(1, 5, 5, 2)), rng.normal(size=(3, 3, 2, 4))
    y = one_layer(conv(4, 3, use_bias=False), (5, 5, 2), [w]).predict(x)[0]
    for i, j in np.ndindex(3, 3):
        np.testing.assert_allclose(y[i, j], np.tensordot(x[0, i : i + 3, j : j + 3], w, 3))


def test_s1_13_to_15_border_padding_and_stride():
    sizes = {
        (5, "valid", 1): 3,  # nine of twenty-five places
        (5, "same", 1): 5, (28, "same", 1): 28, (28, "valid", 2): 13, (28, "same", 2): 14,
    }  # fmt: skip
    for (n, padding, stride), due in sizes.items():
        layer = nn.Conv2D(1, 3, stride, padding)
        assert layer.output_shape((n, n, 1)) == (due, due, 1)


def test_s1_16_pooling_keeps_the_largest_of_each_channel(rng):
    x = rng.normal(size=(1, 4, 4, 3))
    y = one_layer(nn.MaxPooling2D(2, dtype="float64"), (4, 4, 3)).predict(x)
    np.testing.assert_array_equal(y[0], x[0].reshape(2, 2, 2, 2, 3).max(axis=(1, 3)))


def test_s2_6_net_b_layer_by_layer():
    model = zoo.build("net-b")
    counts = [layer.count_params() for layer in model.layers if layer.variables]
    assert counts == [320, 18_496, 1_179_776, 1290]
    assert shapes(model)[:5] == [(26, 26, 32), (24, 24, 64), (12, 12, 64), (12, 12, 64), (9216,)]
    assert (model.count_params(), model.layers[-1].name) == (1_199_882, "preds")


def test_s2_16_net_c_and_its_training():
    model = zoo.build("net-c", seed=1024)
    maps = [shape for shape in shapes(model) if len(shape) == 3]
    assert maps == [(4, 24, 24), (8, 22, 22), (8, 11, 11), (16, 9, 9), (16, 4, 4)]
    assert model.count_params() == 35_754
    train, _ = load("digits")
    x, y = train.x(channels_first=True)[:1000], train.y()[:1000]
    sgd = nn.optimizers.SGD(0.05, momentum=0.9, nesterov=True, decay=1e-6)
    model.compile(sgd, "categorical_crossentropy", ["accuracy"])
    told = model.fit(x, y, 100, 3, validation_split=0.2).history
    assert told["loss"][-1] < told["loss"][0]
    assert sgd.iterations == 3 * 8
    assert sgd.rate == pytest.approx(0.05 / (1 + 1e-6 * 24))
