"""Winograd's short convolution is the correlation that it stands for, and so are its gradients."""

import numpy as np
import pytest

from imgkernels import nn
from imgkernels.border import Border, pad
from imgkernels.engine import winograd
from imgkernels.engine.columns import Columns
from imgkernels.engine.compiled import library
from imgkernels.engine.problem import Problem
from imgkernels.engine.trained import runner
from imgkernels.engine.winograd import Winograd

if library.missing():
    pytest.skip(f"{library.missing()}: Winograd goes untested", allow_module_level=True)

CLOSE = 2e-5  # of the largest: measured 9e-6 at 64 channels
SHAPES = [
    ((1, 4, 4, 16), 16),
    ((3, 13, 13, 32), 64),
    ((2, 5, 5, 64), 16),
    ((2, 10, 11, 16), 32),
    ((1, 6, 97, 16), 16),
]


def posed(shape, outputs, extent="valid"):
    anchor = (0, 0) if extent == "valid" else (1, 1)
    return Problem(
        shape, np.dtype(np.float32), (3, 3), anchor, outputs, 1, extent=extent,
        border=Border.CONSTANT, stride=(1, 1), dilation=(1, 1),
    )  # fmt: skip


def drawn(problem, rng):
    x = rng.normal(size=problem.shape).astype(np.float32)
    weights = rng.normal(size=(3, 3, problem.channels, problem.outputs)).astype(np.float32)
    return x, weights, rng.normal(size=problem.out_shape).astype(np.float32)


def slow(problem, x, weights, grad):
    """The answer and both gradients in float64, by the columns of the padded problem."""
    margins = ((0, 0), *problem.margins, (0, 0))
    wide = pad(x, margins, Border.CONSTANT, 0.0).astype(np.float64)
    inner = tuple(slice(a, n - b) for n, (a, b) in zip(wide.shape, margins, strict=True))
    due = Columns(
        Problem(
            wide.shape, np.dtype(np.float64), (3, 3), (0, 0), problem.outputs, 1, extent="valid",
            stride=(1, 1), dilation=(1, 1),
        )
    )  # fmt: skip
    y = due.forward(wide, weights.astype(np.float64))
    dw = due.weights_gradient(grad.astype(np.float64))
    return y, dw, due.input_gradient(grad.astype(np.float64), weights.astype(np.float64))[inner]


def assert_close(found, due):
    np.testing.assert_allclose(found, due, rtol=0, atol=CLOSE * np.abs(due).max())


@pytest.mark.parametrize("together", [3, 192])
@pytest.mark.parametrize("kept", [0, 1 << 21])
@pytest.mark.parametrize("extent", ["valid", "same", "full"])
@pytest.mark.parametrize(("shape", "outputs"), SHAPES, ids=str)
def test_answer_and_gradients(shape, outputs, extent, kept, together, rng, monkeypatch):
    monkeypatch.setattr(winograd, "_TOGETHER", together)
    monkeypatch.setattr(winograd, "_KEPT", kept)
    problem = posed(shape, outputs, extent)
    run = Winograd(problem)
    for _ in range(2):  # buffers are used again
        x, weights, grad = drawn(problem, rng)
        y, dw, dx = slow(problem, x, weights, grad)
        assert_close(run.forward(x, weights), y)
        assert_close(run.weights_gradient(grad), dw)
        assert_close(run.input_gradient(grad, weights), dx)


def test_the_transforms_are_the_matrices():
    """What a window and a row give is its correlation: T'(W w * S d), in exact numbers."""
    from imgkernels.engine.compiled.winograd import SPREAD, TOGETHER, WEIGH

    for tap in range(3):
        for place in range(6):
            w, d = np.eye(3)[tap], np.eye(6)[place]
            due = np.correlate(d, w, "valid")
            np.testing.assert_allclose(TOGETHER.T @ ((WEIGH @ w) * (SPREAD @ d)), due, atol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": np.dtype(np.float64)},
        {"window": (5, 5)},
        {"stride": (2, 2)},
        {"dilation": (2, 2)},
        {"groups": 16},
        {"outputs": 40},
        {"shape": (1, 9, 9, 16)},
        {"border": Border.REFLECT, "extent": "same", "anchor": (1, 1)},
        {"border_value": 1.0, "extent": "same", "anchor": (1, 1)},
        {"extent": "same", "anchor": (1, 0)},
    ],
    ids=str,
)
def test_what_does_not_fit(change):
    from dataclasses import replace

    problem = posed((4, 40, 40, 16), 32)
    assert winograd.fits(problem)
    assert isinstance(runner(problem), Winograd)
    assert not winograd.fits(replace(problem, **change))


@pytest.mark.parametrize("padding", ["valid", "same", "full", 1])
def test_a_layer_learns_the_same_by_either_way(padding, rng, monkeypatch):
    x = rng.normal(size=(4, 24, 26, 16)).astype(np.float32)
    answers = []
    for here in (True, False):
        monkeypatch.setattr(winograd, "fits", (lambda _: False) if not here else winograd.fits)
        layer = nn.Conv2D(32, 3, padding=padding, activation="tanh", input_shape=x.shape[1:])
        model = nn.Sequential([layer], seed=1)
        (y,) = model.network.forward([x], training=True)
        y = y.copy()
        (dx,) = model.network.backward([np.ones_like(y)], to=[0])
        answers.append((y, dx.copy(), *(g.copy() for g in model.network.weight_gradients())))
    for found, due in zip(*answers, strict=True):
        assert_close(found, due)


def test_one_thread_or_two_give_the_same_bytes(rng):
    x = rng.normal(size=(32, 20, 20, 16)).astype(np.float32)
    model = nn.Sequential([nn.Conv2D(16, 3, input_shape=x.shape[1:])])
    found = []
    try:
        for threads in (1, 2):
            nn.set_threads(threads)
            found.append(model.predict(x))
    finally:
        nn.set_threads(2)
    np.testing.assert_array_equal(*found)
