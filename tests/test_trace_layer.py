"""One output of a layer taken apart: what is shown is what the layer does, forward and back."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import nn
from imgkernels.analysis.trace import trace_layer
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.nn import saving

OPTIONS = [
    {},
    {"padding": "same", "activation": "relu"},
    {"padding": "same", "strides": 2, "activation": "tanh"},
    {"padding": "full", "dilation_rate": 2, "activation": "gelu"},
    {"padding": 2, "border": "reflect", "groups": 2, "activation": "elu"},
    {"padding": "same", "border": "wrap", "use_bias": False, "activation": "sigmoid"},
    {"padding": "same", "border_value": 0.7, "data_format": "channels_first"},
]


def made(kind, options, channels, space, rng):
    shape = (*space, channels)
    first = options.get("data_format") == "channels_first"
    layer = kind(
        4, (2, 3, 3)[-len(space) :], dtype="float64", bias_initializer="random_normal", **options,
        input_shape=(channels, *space) if first else shape,
    )  # fmt: skip
    return nn.Sequential([layer], seed=3), layer, rng.normal(size=shape)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(
    ("kind", "space"), [(nn.Conv1D, (9,)), (nn.Conv2D, (6, 7)), (nn.Conv3D, (4, 5, 5))]
)
def test_it_is_what_the_layer_does(kind, space, options, rng):
    model, layer, x = made(kind, options, 4, space, rng)
    batch = layer.outward(x[np.newaxis])
    memo = nn.Memo()
    y = layer.inward(layer.forward(batch, memo)).copy()
    for filter in (0, 3):
        for at in ((0,) * len(space), tuple(n - 1 for n in y.shape[1:-1])):
            found = trace_layer(layer, x, at, filter)
            np.testing.assert_allclose(found.value, y[(0, *at, filter)], rtol=1e-12)
            wish = np.zeros_like(y)
            wish[(0, *at, filter)] = 1
            layer.forward(batch, memo)
            back = layer.inward(layer.backward(layer.outward(wish), memo))[0]
            np.testing.assert_allclose(
                found.by_taps, memo.grads["kernel"][..., filter], rtol=1e-9, atol=1e-12
            )
            if layer.bias is not None:
                np.testing.assert_allclose(found.by_bias, memo.grads["bias"][filter], rtol=1e-9)
            spread = np.zeros_like(x)
            for cell in np.ndindex(found.values.shape):
                origin = tuple(axis[cell[:-1]] for axis in found.origins)
                if min(origin) >= 0:
                    spread[(*origin, found.first + cell[-1])] += found.by_values[cell]
            np.testing.assert_allclose(spread, back, rtol=1e-9, atol=1e-12)
    assert model.count_params()


def test_the_text_adds_up(rng):
    _, layer, x = made(nn.Conv2D, {"padding": "same", "activation": "relu"}, 1, (5, 5), rng)
    text = str(trace_layer(layer, x, (0, 0), 1))
    rows = [line for line in text.splitlines() if "channel" in line]
    assert len(rows) == 9
    assert sum("padding" in row for row in rows) == 5
    products = [float(row.split("=")[1].split()[0]) for row in rows]
    said = float(text.split("sum ")[1].split(",", maxsplit=1)[0])
    np.testing.assert_allclose(sum(products), said, rtol=1e-5)


@pytest.mark.parametrize(
    ("at", "filter", "said"),
    [((5, 0), 0, "y 0 to 4, x 0 to 4"), ((0,), 0, "y 0 to 4"), ((0, 0), 4, "filters 0 to 3")],
)
def test_places_that_are_not_there(at, filter, said, rng):
    _, layer, x = made(nn.Conv2D, {"padding": "same"}, 1, (5, 5), rng)
    with pytest.raises(InvalidValue, match=said):
        trace_layer(layer, x, at, filter)
    with pytest.raises(UnsupportedImage, match="takes 2 axes"):
        trace_layer(layer, x[0], (0, 0))


def test_softmax_is_refused(rng):
    _, layer, x = made(nn.Conv2D, {"activation": "softmax"}, 1, (5, 5), rng)
    with pytest.raises(InvalidValue, match="looks at all its filters"):
        trace_layer(layer, x, (0, 0))


def test_the_command_line(tmp_path, cli, monkeypatch, rng):
    monkeypatch.chdir(tmp_path)
    model = nn.zoo.build("net-a", seed=1)
    saving.save_weights(model, "m.npz", {"model": "net-a"})
    ik.write("seven.png", ik.Image.of(rng.integers(0, 99, (28, 28), np.uint8)))
    words = ("nn", "trace", "m.npz", "seven.png", "--at", "4,2", "--filter", 5)
    code, out, err = cli(*words)
    assert (code, err) == (0, "")
    assert "filter 5, output x 4, y 2" in out
    deep = [layer.name for layer in model.layers if isinstance(layer, nn.Conv2D)][1]
    code, out, err = cli(*words, "--layer", deep, "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    x = ik.read("seven.png").pixels / 255
    maps = model.activations(x[np.newaxis, ..., np.newaxis].astype(np.float32), deep)
    np.testing.assert_allclose(told["value"], maps[0, 2, 4, 5], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.sum(told["products"]) + told["bias"], told["sum"], rtol=1e-9)
    assert cli("nn", "trace", "m.npz", "seven.png", "--at", "40,2")[0] == 2
    dense = model.layers[-1].name
    assert cli("nn", "trace", "m.npz", "seven.png", "--at", "0,0", "--layer", dense)[0] == 2
