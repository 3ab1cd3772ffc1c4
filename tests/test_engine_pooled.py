"""A convolution with its bias, ReLU and pooling as one is what they are one after the other."""

import numpy as np
import pytest

from imgkernels import nn
from imgkernels.engine import columns as columns_file, pooled as pooled_file
from imgkernels.engine.columns import Columns
from imgkernels.engine.compiled import library
from imgkernels.engine.pooled import FewTaps, PooledWinograd, pooled
from imgkernels.engine.problem import Problem
from imgkernels.nn import pairs

if library.missing():
    pytest.skip(f"{library.missing()}: pooled answers go untested", allow_module_level=True)

TILES = [((1, 4, 4, 16), 16), ((3, 13, 13, 32), 64), ((2, 6, 9, 48), 16), ((9, 12, 7, 16), 32)]
FEW = [((1, 4, 4, 1), (3, 3), 16), ((3, 28, 28, 1), (5, 5), 32), ((2, 9, 12, 3), (3, 3), 48),
       ((4, 8, 8, 2), (1, 4), 16)]  # fmt: skip


def posed(shape, window, outputs, dtype="float32"):
    return Problem(
        shape, np.dtype(dtype), window, (0, 0), outputs, 1, extent="valid",
        stride=(1, 1), dilation=(1, 1),
    )  # fmt: skip


def layers(shape, window, outputs, **options):
    conv = nn.Conv2D(
        outputs, window, activation="relu", bias_initializer="random_normal",
        input_shape=shape[1:], **options,
    )  # fmt: skip
    return nn.Sequential([conv, nn.MaxPooling2D(2)], seed=3)


def learned(model, x, grad):
    """The answer, and the gradients of the weights."""
    y = model.network.forward([x], training=True, ends_only=True)[0].copy()
    model.network.backward([grad(y)])
    return y, *(g.copy() for g in model.network.weight_gradients())


def whole(rng, shape):
    """Small whole numbers, so that every way gives the same to the bit, ties among them."""
    return rng.integers(-2, 3, shape).astype(np.float32)


@pytest.mark.parametrize("together", [5, 200])
@pytest.mark.parametrize(
    ("shape", "window", "outputs"), [*FEW, *((s, (3, 3), o) for s, o in TILES)], ids=str
)
def test_answer_and_gradients_to_the_bit(shape, window, outputs, together, rng, monkeypatch):
    monkeypatch.setattr(pooled_file, "_TOGETHER", max(together, shape[1] * shape[2] // 4))
    wants = shape[-1] > 3
    run = pooled(posed(shape, window, outputs), wants)
    assert isinstance(run, PooledWinograd if wants else FewTaps)
    for _ in range(2):  # buffers are used again
        x, w = whole(rng, shape), 4 * whole(rng, (*window, shape[-1], outputs))
        b = whole(rng, outputs)
        model = layers(shape, window, outputs)
        model.layers[0].set_weights([w, b])
        (due,) = model.network.forward([x], training=True)
        due, grad = due.copy(), whole(rng, due.shape)
        (dx,) = model.network.backward([grad], to=[0])
        dw, db = model.network.weight_gradients()
        np.testing.assert_array_equal(run.forward(x, w, b, remembers=False), due)
        np.testing.assert_array_equal(run.forward(x, w, b, remembers=True), due)
        found = run.backward(grad, w, wants_input=wants)
        np.testing.assert_array_equal(found[0], dw)
        np.testing.assert_array_equal(found[1], db)
        if wants:
            np.testing.assert_array_equal(found[2], dx)


def test_winograd_is_as_exact_as_the_columns(rng):
    """Its error, of the largest answer, is that of float32's sums."""
    shape, outputs = (4, 12, 12, 64), 64
    x = rng.normal(size=shape).astype(np.float32)
    w = rng.normal(size=(3, 3, 64, outputs)).astype(np.float32)
    run, zeros = pooled(posed(shape, (3, 3), outputs), True), np.zeros(outputs, np.float32)
    sums = Columns(posed(shape, (3, 3), outputs, "float64")).forward(x, w.astype(np.float64))
    due = np.maximum(sums.reshape(4, 5, 2, 5, 2, outputs).max(axis=(2, 4)), 0)
    error = np.abs(run.forward(x, w, zeros, remembers=False) - due).max()
    assert error < 1e-6 * np.abs(sums).max()  # measured 3e-7


@pytest.mark.parametrize("window", [(3, 3), (5, 5)])
def test_nan_wins(window, rng):
    """It reaches the windows that hold it, and lets no gradient through."""
    shape = (2, 12, 12, 1)
    x, w = whole(rng, shape), whole(rng, (*window, 1, 16))
    x[1, 5, 6] = np.nan
    model = layers(shape, window, 16)
    model.layers[0].set_weights([w, np.zeros(16)])
    (due,) = model.network.forward([x], training=True)
    run = pooled(posed(shape, window, 16), False)
    y = run.forward(x, w, np.zeros(16, np.float32), remembers=True)
    assert np.isnan(y).any()
    np.testing.assert_array_equal(y, due)
    _, db, _ = run.backward(np.isnan(y).astype(np.float32), w, wants_input=False)
    np.testing.assert_array_equal(db, 0)


@pytest.mark.parametrize("border", ["constant", "reflect", "wrap"])
@pytest.mark.parametrize("padding", ["valid", "same", ((0, 1), (2, 0))], ids=str)
@pytest.mark.parametrize("channels", [1, 16])
def test_a_network_learns_the_same_by_either_way(channels, padding, border, rng, monkeypatch):
    x = rng.normal(size=(5, 11, 10, channels)).astype(np.float32)
    found = []
    for way in (pairs.pooled, lambda *_: None):
        ran = []
        monkeypatch.setattr(
            pairs, "pooled", lambda *a, way=way, ran=ran: ran.append(way(*a)) or ran[-1]
        )
        model = nn.Sequential(
            [
                nn.Conv2D(16, 3, padding="same", activation="tanh", input_shape=x.shape[1:]),
                *layers((1, 11, 10, 16), 3, 32, padding=padding, border=border).layers,
                nn.Flatten(), nn.Dense(3),
            ],
            seed=2,
        )  # fmt: skip
        model.network.nodes[1].layer.kernel.value[...] = np.random.default_rng(0).normal(
            size=(3, 3, 16, 32)
        )
        found.append(learned(model, x, np.cos))
        assert (ran[0] is None) == (way is not pooled)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-5 * np.abs(other).max())


def test_one_thread_or_two_give_the_same_bytes(rng):
    x, found = rng.normal(size=(64, 28, 28, 1)).astype(np.float32), []
    try:
        for threads in (1, 2):
            nn.set_threads(threads)
            model = nn.zoo.build("net-a")
            found.append([*learned(model, x, np.cos), model.predict(x)])
    finally:
        nn.set_threads(2)
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_lies_between_can_still_be_seen(rng):
    """Training and predicting run the pair as one; asking for the map between runs them apart."""
    x = rng.normal(size=(4, 28, 28, 1)).astype(np.float32)
    model = nn.zoo.build("net-a")
    before = model.activations(x, model.layers[0].name)
    y = model.predict(x)
    np.testing.assert_array_equal(model.activations(x, model.layers[0].name), before)
    np.testing.assert_allclose(model.network.forward([x])[0], y, rtol=1e-5)


def test_a_map_that_something_else_reads_is_made(rng):
    given = nn.Input((8, 8, 1))
    maps = nn.Conv2D(16, 3, activation="relu")(given)
    small = nn.MaxPooling2D(2)(maps)
    model = nn.Model([given], [small, maps])
    x = rng.normal(size=(2, 8, 8, 1)).astype(np.float32)
    small, maps = model.predict(x)
    np.testing.assert_array_equal(small, maps.reshape(2, 3, 2, 3, 2, 16).max(axis=(2, 4)))


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": np.dtype(np.float64)},
        {"stride": (2, 2)},
        {"dilation": (2, 2)},
        {"groups": 16},
        {"outputs": 40},
        {"window": (5, 5)},
        {"shape": (2, 90, 90, 16)},
        {"shape": (2, 12, 12, 24)},
        {"shape": (2, 3, 12, 16)},
        {"shape": (0, 12, 12, 16)},
        {"shape": (2, 12, 12, 1024)},
    ],
    ids=str,
)
def test_what_does_not_fit(change):
    from dataclasses import replace

    problem = posed((2, 12, 12, 16), (3, 3), 32)
    assert isinstance(pooled(problem, True), PooledWinograd)
    assert pooled(replace(problem, **change), True) is None


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu6"}, {"activation": "tanh"}, {"use_bias": False},
        {"activity_regularizer": "l2"}, {"dtype": "float64"},
    ],
    ids=str,
)  # fmt: skip
def test_which_layers_are_no_pair(options):
    conv = nn.Conv2D(16, 3, input_shape=(8, 8, 1), **{"activation": "relu"} | options)
    assert not nn.Sequential([conv, nn.MaxPooling2D(2)]).network.pairs
    conv = nn.Conv2D(16, 3, input_shape=(8, 8, 1), activation="relu")
    assert nn.Sequential([conv, nn.MaxPooling2D(2)]).network.pairs == {0: 1}


@pytest.mark.parametrize(
    "pool", [nn.MaxPooling2D(3), nn.MaxPooling2D(2, strides=1), nn.AveragePooling2D(2)]
)
def test_which_poolings_are_no_pair(pool):
    conv = nn.Conv2D(16, 3, input_shape=(8, 8, 1), activation="relu")
    assert not nn.Sequential([conv, pool]).network.pairs


@pytest.mark.parametrize("block", [1 << 10, 1 << 19])
@pytest.mark.parametrize("window", [(3, 3), (2, 5)])
def test_columns_are_added_up_either_way(window, block, rng, monkeypatch):
    monkeypatch.setattr(columns_file, "_BLOCK", block)
    problem = posed((5, 6, 7, 16), window, 24)
    grad, w = whole(rng, problem.out_shape), whole(rng, (*window, 16, 24))
    run = Columns(problem)
    assert run._folds == (block > 1 << 10)
    found = run.input_gradient(grad, w).copy()
    monkeypatch.setattr(run, "_folds", False)
    np.testing.assert_array_equal(found, run.input_gradient(grad, w))
