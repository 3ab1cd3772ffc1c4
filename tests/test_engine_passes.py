"""Compiled passes over channels do what numpy does, to the bit."""

import numpy as np
import pytest

from imgkernels import nn
from imgkernels.engine import passes
from imgkernels.engine.compiled import library
from imgkernels.nn.layer import Memo

if library.missing():
    pytest.skip(f"{library.missing()}: passes go untested", allow_module_level=True)

SHAPES = [(1, 2, 2, 16), (3, 11, 8, 32), (2, 5, 4, 48), (16, 26, 26, 32)]


@pytest.fixture
def by_numpy(monkeypatch):
    def run(function):
        with monkeypatch.context() as patch:
            patch.setattr(passes, "fits", lambda *_: False)
            return function()

    return run


@pytest.mark.parametrize("nan", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_maxima_of_pairs(shape, nan, rng, by_numpy):
    x = rng.integers(0, 3, shape).astype(np.float32)  # many are equal: the first one wins
    if nan:
        x[rng.random(shape) < 0.1] = np.nan
    layer = nn.MaxPooling2D(2)
    grad = rng.normal(size=(shape[0], shape[1] // 2, shape[2] // 2, shape[3])).astype(np.float32)

    def both():
        memo = Memo(batch=len(x))
        y = layer.forward(x, memo).copy()
        return y, layer.backward(grad, memo).copy()

    assert passes.fits(x, grad)
    for found, due in zip(both(), by_numpy(both), strict=True):
        np.testing.assert_array_equal(found, due)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bias_and_relu(shape, rng, by_numpy):
    x = rng.normal(size=shape).astype(np.float32)
    layer = nn.Conv2D(16, 1, activation="relu", bias_initializer="random_normal")
    layer.ensure_built([shape[1:]], rng)
    grad = rng.normal(size=(*shape[:-1], 16)).astype(np.float32)

    def both():
        memo = Memo(batch=len(x))
        y = layer.forward(x, memo).copy()
        dx = layer.backward(grad.copy(), memo).copy()
        return y, dx, memo.grads["kernel"].copy(), memo.grads["bias"].copy()

    for found, due in zip(both(), by_numpy(both), strict=True):
        np.testing.assert_array_equal(found, due)


def test_nan_stays(rng):
    sums = np.full((3, 16), np.nan, np.float32)
    y = passes.rectified(sums, np.zeros(16, np.float32), np.empty_like(sums))
    assert np.isnan(y).all()


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((2, 4, 4, 16)),
        np.zeros((2, 4, 4, 17), np.float32),
        np.zeros((2, 4, 8, 16), np.float32)[:, :, ::2],
        np.zeros((0, 4, 4, 16), np.float32),
    ],
)
def test_what_does_not_fit(x):
    assert not passes.fits(x)
