"""Weights of models in files: whole, by name, in order, from other layouts."""

from pathlib import Path

import numpy as np
import pytest

from imgkernels import nn, weights
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.nn import data, saving

SHARED = Path(__file__).parents[2] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder is not here")


def small(seed=0, head="head", data_format="channels_last"):
    first = {"channels_last": (8, 9, 2), "channels_first": (2, 8, 9)}[data_format]
    return nn.Sequential(
        [
            nn.Conv2D(3, 3, activation="relu", input_shape=first, data_format=data_format),
            nn.MaxPooling2D(2, data_format=data_format),
            nn.Conv2D(5, 2, data_format=data_format, name="second"),
            nn.Flatten(data_format=data_format),
            nn.Dense(4, name=head),
        ],
        seed=seed,
    )


def same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_saved_weights_are_loaded(tmp_path, suffix):
    one, other = small(0), small(1)
    one.save_weights(tmp_path / f"w{suffix}")
    loaded = other.load_weights(tmp_path / f"w{suffix}")
    assert loaded == saving.Loaded(("conv2d", "second", "head"), (), ())
    same_weights(one, other)


def test_in_order_where_names_differ(tmp_path):
    one, other = small(0), small(1, head="other")
    one.save_weights(tmp_path / "w.npz")
    other.load_weights(tmp_path / "w.npz")
    same_weights(one, other)


def torch_twin(torch):
    return torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Conv2d(3, 5, 2),
        torch.nn.Flatten(), torch.nn.Linear(5 * 2 * 2, 4),
    )  # fmt: skip


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("kind", ["pt", "safetensors", "onnx gemm", "onnx matmul"])
def test_pytorch_weights_answer_as_in_pytorch(tmp_path, rng, data_format, kind):
    torch = pytest.importorskip("torch")
    model = small(data_format=data_format)
    twin = torch_twin(torch)
    state = {name: tensor.numpy() for name, tensor in twin.state_dict().items()}
    if kind == "pt":
        torch.save(twin.state_dict(), tmp_path / "w.pt")
        model.load_weights(tmp_path / "w.pt")
    elif kind == "safetensors":
        weights.write(tmp_path / "w.safetensors", state)
        model.load_weights(tmp_path / "w.safetensors")
    else:
        if kind == "onnx matmul":
            state["5.weight"] = state["5.weight"].T
        saving.load_weights(model, weights.Weights(state, "ONNX", "filters first"))
    x = rng.normal(size=(2, 2, 8, 9)).astype(np.float32)
    due = twin(torch.from_numpy(x)).detach().numpy()
    given = x if data_format == "channels_first" else x.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(model.predict(given), due, rtol=1e-4, atol=1e-5)


def test_numbers_in_names_count_as_numbers(tmp_path):
    model = nn.Sequential([nn.Dense(2, input_shape=(2,)) for _ in range(12)])
    arrays = {f"net.{n}.weight": np.full((2, 2), n, np.float32) for n in range(12)}
    biases = {f"net.{n}.bias": np.zeros(2, np.float32) for n in range(12)}
    weights.write(tmp_path / "w.safetensors", arrays | biases)
    model.load_weights(tmp_path / "w.safetensors")
    assert [layer.kernel.value[0, 0] for layer in model.layers] == list(range(12))


def test_nothing_is_changed_where_something_does_not_fit(tmp_path):
    model = small()
    before = model.get_weights()
    arrays = dict(small(1).named_weights())
    arrays["head/kernel"] = np.zeros((7, 4), np.float32)
    weights.write(tmp_path / "w.npz", arrays)
    with pytest.raises(InvalidValue, match=r"kernel of layer 'head' is of shape \(7, 4\); 'head'"):
        model.load_weights(tmp_path / "w.npz")
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    loaded = model.load_weights(tmp_path / "w.npz", skip_mismatch=True)
    assert (loaded.left, loaded.unused) == (("head",), ("head",))
    np.testing.assert_array_equal(model.get_weights()[0], arrays["conv2d/kernel"])


@pytest.mark.parametrize(("change", "why"), [
    (lambda a: a.pop("second/bias"), "layer 'second' has no bias"),
    (lambda a: a.update({"extra/kernel": np.ones((2, 2))}) or a.pop("head/bias"), "no bias"),
    (lambda a: [a.pop("head/bias"), a.pop("head/kernel")], "holds 2 layers .* the model has 3"),
    (lambda a: a["head/bias"].fill(np.nan), "not finite"),
])  # fmt: skip
def test_what_is_missing_is_named(tmp_path, change, why):
    arrays = {name: array.copy() for name, array in small().named_weights().items()}
    change(arrays)
    weights.write(tmp_path / "w.npz", arrays)
    with pytest.raises(InvalidValue, match=why):
        small().load_weights(tmp_path / "w.npz")


def test_only_formats_that_can_be_written(tmp_path):
    with pytest.raises(UnknownName, match=r"no format of weights '\.h5'"):
        small().save_weights(tmp_path / "w.h5")


@needs_shared
def test_a_published_network_reads_digits_as_published():
    """98.75 % on the first 2,000 test digits: ecosystem.md, with its preprocessing."""
    layers = []
    for filters in (32, 64, 128):
        first = {"input_shape": (28, 28, 1)} if filters == 32 else {}
        layers += [nn.Conv2D(filters, 3, padding="same", activation="relu", **first),
                   nn.MaxPooling2D(2)]  # fmt: skip
    dense = [nn.Dense(256, activation="relu"), nn.Dense(10, activation="softmax")]
    model = nn.Sequential([*layers, nn.Flatten(), *dense])
    model.load_weights(SHARED / "weights" / "digit_recognizer_cnn.safetensors")
    test = data.idx_folder(SHARED / "mnist").test[:2000]
    answers = model.predict((test.x() - np.float32(0.1307)) / np.float32(0.3081)).argmax(axis=1)
    assert (answers == test.labels).sum() == 1975
