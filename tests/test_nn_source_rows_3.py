"""What source 3, notes on a book, says of layers and networks, row by row (source-rows.md)."""

import numpy as np
import pytest
from scipy import signal

from imgkernels import nn
from imgkernels.engine.columns import windows
from imgkernels.engine.problem import Problem
from imgkernels.nn import zoo


def im2col(x, fh, fw, stride=1, pad=0):
    """Lay out the windows of `(N, C, H, W)` as rows, as the source's code does (S3-9)."""
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, _, h, w = x.shape
    oh, ow = (h - fh) // stride + 1, (w - fw) // stride + 1
    rows = [
        x[k, :, stride * i : stride * i + fh, stride * j : stride * j + fw].ravel()
        for k in range(n)
        for i in range(oh)
        for j in range(ow)
    ]
    return np.array(rows), (oh, ow)


def answer(layer, x, weights=()):
    """What a layer answers to x, its weights put in."""
    model = nn.Sequential([nn.Input(x.shape[1:]), layer])
    model.set_weights(weights)
    return model.predict(x)


def first(*args, **options):
    return nn.Conv2D(*args, dtype="float64", data_format="channels_first", **options)


def shapes(model):
    return {s.node.layer.name: s.shape for s in model.network.steps}


def loss_and_gradients(model, x, y):
    """The mean loss of a batch, and its gradient for each weight."""
    (p,) = model.network.forward([x], training=True)
    mean = model.loss.values(y, p).mean()
    model.network.backward([model.loss.from_softmax(y, p) / len(x)], before_activation=True)
    return mean, model.network.weight_gradients()


def test_s3_1_blocks_of_convolution_relu_pooling_then_affine(rng):
    kinds = [type(layer).__name__ for layer in zoo.build("simple-convnet").layers]
    assert kinds == [
        "Conv2D", "Activation", "MaxPooling2D", "Flatten", "Dense", "Activation", "Dense",
        "Activation",
    ]  # fmt: skip


def test_s3_2_flattening_loses_where_a_value_was(rng):
    """A dense layer learns as well from pixels in any order; a convolution does not."""
    x, order = rng.normal(size=(3, 5, 5, 1)), rng.permutation(25)
    mixed = x.reshape(3, 25)[:, order].reshape(x.shape)
    w = rng.normal(size=(25, 2))
    dense = nn.Dense(2, use_bias=False, dtype="float64")
    a = answer(dense, x.reshape(3, 25), [w])
    np.testing.assert_allclose(answer(dense, mixed.reshape(3, 25), [w[order]]), a, atol=1e-12)
    window = nn.Conv2D(1, 3, use_bias=False, dtype="float64")
    k = rng.normal(size=(3, 3, 1, 1))
    one, other = answer(window, x, [k]), answer(window, mixed, [k])
    assert not np.allclose(np.sort(one, axis=None), np.sort(other, axis=None))


def test_s3_4_a_bias_is_added_to_every_value(rng):
    x, w = rng.normal(size=(1, 4, 4, 1)), rng.normal(size=(3, 3, 1, 1))
    plain = answer(nn.Conv2D(1, 3, use_bias=False, dtype="float64"), x, [w])
    np.testing.assert_allclose(answer(nn.Conv2D(1, 3, dtype="float64"), x, [w, [3.0]]), plain + 3)


def test_s3_5_padding_by_one_keeps_four_by_four(rng):
    x, w = rng.normal(size=(1, 4, 4, 1)), rng.normal(size=(3, 3, 1, 1))
    assert nn.Conv2D(1, 3).output_shape((4, 4, 1)) == (2, 2, 1)
    for value in (0.0, 1.0):
        layer = nn.Conv2D(1, 3, padding=1, border_value=value, use_bias=False, dtype="float64")
        padded = np.pad(x[0, ..., 0], 1, constant_values=value)
        assert padded.shape == (6, 6)
        due = signal.correlate(padded, w[..., 0, 0], "valid")
        np.testing.assert_allclose(answer(layer, x, [w])[0, ..., 0], due, atol=1e-12)


@pytest.mark.parametrize("n", range(3, 12))
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_s3_6_sizes_are_rounded_down_as_the_sources_code_does(n, stride):
    for pad in (0, 1, 2):
        size = (n + 2 * pad - 3) // stride + 1
        assert nn.Conv2D(5, 3, stride, pad).output_shape((n, n, 1)) == (size, size, 5)


def test_s3_7_filters_sum_over_channels_and_have_a_bias_each(rng):
    x, w, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(3, 3, 3, 4)), rng.normal(size=4)
    y = answer(first(4, 3), x, [w, b])
    assert y.shape == (2, 4, 3, 4)
    for n, f in np.ndindex(2, 4):
        due = sum(signal.correlate(x[n, c], w[:, :, c, f], "valid") for c in range(3)) + b[f]
        np.testing.assert_allclose(y[n, f], due, atol=1e-12)


def test_s3_8_windows_as_rows_lose_nothing(rng):
    """Our columns are the source's, channels last; every value is there as often as it is seen."""
    x = rng.normal(size=(2, 3, 6, 5))
    rows, _ = im2col(x, 3, 2)
    last = np.ascontiguousarray(x.transpose(0, 2, 3, 1))
    problem = Problem(
        last.shape,
        np.dtype(float),
        (3, 2),
        (0, 0),
        1,
        1,
        extent="valid",
        stride=(1, 1),
        dilation=(1, 1),
    )
    ours = windows(problem, last)
    assert rows.size > x.size
    np.testing.assert_array_equal(ours.transpose(0, 1, 2, 5, 3, 4).reshape(rows.shape), rows)


@pytest.mark.parametrize(("stride", "pad"), [(1, 0), (2, 0), (1, 2), (2, 1)])
def test_s3_9_convolution_is_im2col_times_matrix(rng, stride, pad):
    x, w, b = rng.normal(size=(2, 3, 7, 7)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    rows, (oh, ow) = im2col(x, 3, 3, stride, pad)
    due = (rows @ w.reshape(4, -1).T + b).reshape(2, oh, ow, 4).transpose(0, 3, 1, 2)
    y = answer(first(4, 3, stride, pad), x, [w.transpose(2, 3, 1, 0), b])
    np.testing.assert_allclose(y, due, atol=1e-12)


def test_s3_10_pooling_has_no_weights_and_bears_small_shifts():
    x = np.zeros((1, 6, 6, 1))
    x[0, 2, 2] = 1
    for layer in (nn.MaxPooling2D(2), nn.AveragePooling2D(2)):
        assert layer.count_params() == 0
        np.testing.assert_array_equal(answer(layer, x), answer(layer, np.roll(x, 1, axis=(1, 2))))


@pytest.mark.parametrize(("stride", "pad"), [(2, 0), (1, 0), (1, 1)])
def test_s3_11_pooling_by_im2col_keeps_the_argmax(rng, stride, pad):
    """The source's output size forgets the padding; ours does not."""
    x = rng.normal(size=(2, 3, 6, 6))
    below = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=-np.inf)
    rows, (oh, ow) = im2col(below, 2, 2, stride)
    rows = rows.reshape(-1, 4)
    layer = nn.MaxPooling2D(2, stride, pad, "channels_first", dtype="float64")
    model = nn.Sequential([nn.Input((3, 6, 6)), layer])
    grad = rng.normal(size=(2, 3, oh, ow))
    y, _, back = model.gradient(x, grad)
    due = rows.max(axis=1).reshape(2, oh, ow, 3).transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(y, due)
    best = rows.argmax(axis=1).reshape(2, oh, ow, 3)
    spread = np.zeros(below.shape)
    for n, i, j, c in np.ndindex(best.shape):
        di, dj = divmod(best[n, i, j, c], 2)
        spread[n, c, stride * i + di, stride * j + dj] += grad[n, c, i, j]
    np.testing.assert_allclose(back, spread[:, :, pad : pad + 6, pad : pad + 6], atol=1e-12)


def test_s3_12_simple_convnet():
    model = zoo.build("simple-convnet")
    assert shapes(model)["conv1"] == (24, 24, 30)
    assert shapes(model)["pool1"] == (12, 12, 30)
    counts = [layer.count_params() for layer in model.layers if layer.variables]
    assert counts == [780, 432_100, 1010]
    assert sum(counts) == 433_890
    for layer in model.layers[::4]:
        assert layer.get_weights()[0].std() == pytest.approx(0.01, rel=0.1)


def test_s3_13_backprop_gives_the_numerical_gradient(rng):
    """`predict`, `loss`, `accuracy`, `numerical_gradient` and `gradient` of the source's class."""
    model = zoo.build("simple-convnet")
    model.compile("sgd", "categorical_crossentropy", ["accuracy"])
    x = rng.random((3, 28, 28, 1), np.float32)  # no flat ground, on which a ReLU has no slope
    y = np.eye(10)[[3, 1, 4]]
    larger = [8 * w for w in model.get_weights()]  # else float32 sees no difference
    model.set_weights(larger)
    told = model.evaluate(x, y, batch_size=100)
    mean, gradients = loss_and_gradients(model, x, y)
    assert told["loss"] == pytest.approx(mean, rel=1e-5)
    assert told["accuracy"] == (model.predict(x).argmax(1) == y.argmax(1)).mean()
    for variable, gradient in zip(model.network.variables, gradients, strict=True):
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        kept, step, ends = variable.value[place], np.float32(1e-3), []
        for change in (step, -step):
            variable.value[place] = kept + change
            ends.append(model.loss.values(y, model.predict(x)).astype(float).mean())
        variable.value[place] = kept
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(gradient[place], rel=0.02)
