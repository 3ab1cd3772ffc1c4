"""Every applicable layer case of ONNX and PyTorch, within its own tolerance."""

import json
from pathlib import Path

import numpy as np
import pytest
from adapters_nn import CASES_OUT_OF_SCOPE, ONNX, OUT_OF_SCOPE, torch_layer

from imgkernels import nn
from imgkernels.nn.layer import Memo
from imgkernels.nn.losses import CategoricalCrossentropy
from imgkernels.nn.optimizers import SGD, Adadelta, Adagrad, Adam, RMSprop

FOLDER = Path(__file__).parents[2] / "shared" / "corpora" / "cnn"


def read(name):
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else []


ONNX_CASES, TORCH_CASES = read("cases"), read("torch_cases")
pytestmark = pytest.mark.skipif(not ONNX_CASES, reason="no corpus of layers beside the checkout")


@pytest.fixture(scope="module")
def arrays():
    with np.load(FOLDER / "arrays.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def torch_arrays():
    with np.load(FOLDER / "torch_arrays.npz") as file:
        return dict(file)


def reason(case):
    """Why a case is out of scope, or None."""
    kinds = [OUT_OF_SCOPE[n["op_type"]] for n in case["nodes"] if n["op_type"] in OUT_OF_SCOPE]
    return CASES_OUT_OF_SCOPE.get(case["id"]) or (kinds[0] if kinds else None)


@pytest.mark.parametrize("case", ONNX_CASES, ids=lambda case: case["id"])
def test_onnx(case, arrays):
    if reason(case):
        pytest.skip(reason(case))
    wires = {name: arrays[key] for name, key in (case["inputs"] | case["initializers"]).items()}
    for node in case["nodes"]:
        given = [wires[name] for name in node["inputs"]]
        wires[node["outputs"][0]] = ONNX[node["op_type"]](node["attributes"], *given)
    (name, key), *_ = case["outputs"].items()
    assert wires[name].dtype == arrays[key].dtype
    np.testing.assert_allclose(wires[name], arrays[key], **case["tolerance"])


def test_what_is_out_of_scope_is_there():
    """No reason outlives its case, and most cases apply."""
    kinds = {node["op_type"] for case in ONNX_CASES for node in case["nodes"]}
    assert not set(OUT_OF_SCOPE) & set(ONNX)
    assert kinds <= set(OUT_OF_SCOPE) | set(ONNX)
    assert set(CASES_OUT_OF_SCOPE) <= {case["id"] for case in ONNX_CASES}


LAYERS = [c for c in TORCH_CASES if "trajectory" not in c and "entropy" not in c["op"]]


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: f"{case['id']} {case['op']}")
def test_torch_layer(case, torch_arrays):
    inputs = {name: torch_arrays[key] for name, key in case["inputs"].items()}
    layer, weights = torch_layer(case["op"], case["params"], inputs)
    layer.ensure_built([inputs["x"].shape[1:]], np.random.default_rng(0))
    layer.set_weights(weights)
    memo = Memo()
    y = layer.forward(inputs["x"], memo)
    np.testing.assert_allclose(y, torch_arrays[case["output"]], **case["tolerance"])
    dx = layer.backward(torch_arrays[case["grad_output"]].copy(), memo)
    np.testing.assert_allclose(dx, torch_arrays[case["grads"]["x"]], **case["tolerance"])
    for ours, theirs in (("kernel", "w"), ("bias", "b")):
        if theirs in case["grads"]:
            want = torch_arrays[case["grads"][theirs]]
            want = np.moveaxis(want, (0, 1), (-1, -2)) if ours == "kernel" else want
            np.testing.assert_allclose(memo.grads[ours], want, **case["tolerance"])


@pytest.mark.parametrize(
    "case", [c for c in TORCH_CASES if "entropy" in c["op"]], ids=lambda case: case["id"]
)
def test_torch_cross_entropy(case, torch_arrays):
    x = torch_arrays[case["inputs"]["x"]]
    target = np.eye(x.shape[1])[case["params"]["target"]]
    loss = CategoricalCrossentropy(from_logits=True)
    got = loss.values(target, x).mean()
    np.testing.assert_allclose(got, torch_arrays[case["output"]], **case["tolerance"])
    grad = loss.gradient(target, x) / len(x) * torch_arrays[case["grad_output"]]
    np.testing.assert_allclose(grad, torch_arrays[case["grads"]["x"]], **case["tolerance"])


def optimizer_of(p):
    """PyTorch's optimiser in our words: where its epsilon lies, and weight decay as l2 / 2."""
    d, word = p["defaults"], p["optimiser"].split()[0]
    return {
        "SGD": lambda: SGD(d["lr"], d["momentum"], d["nesterov"]),
        "RMSprop": lambda: RMSprop(
            d["lr"], d["alpha"], d["momentum"], d["eps"], epsilon_inside=False
        ),
        "Adam": lambda: Adam(d["lr"], *d["betas"], d["eps"], epsilon_hat=False),
        "Adagrad": lambda: Adagrad(
            d["lr"], d["initial_accumulator_value"], d["eps"], epsilon_inside=False
        ),
        "Adadelta": lambda: Adadelta(d["lr"], d["rho"], d["eps"]),
    }[word]()


@pytest.mark.parametrize(
    "case",
    [c for c in TORCH_CASES if "trajectory" in c],
    ids=lambda case: case["params"]["optimiser"],
)
def test_torch_trajectory(case, torch_arrays):
    """Fifty steps towards a Sobel kernel, each where PyTorch's is."""
    inputs = {name: torch_arrays[key] for name, key in case["inputs"].items()}
    decay = case["params"]["defaults"]["weight_decay"]
    penalty = nn.regularizers.Regularizer(l2=decay / 2) if decay else None
    image, target = (np.moveaxis(inputs[name], 1, -1) for name in ("image", "target"))
    start = np.moveaxis(inputs["w0"], (0, 1), (-1, -2))
    padding = "valid" if image.shape != target.shape else "same"
    layer = nn.Conv2D(
        1, start.shape[:2], padding=padding, use_bias=False, kernel_regularizer=penalty,
        dtype="float64", input_shape=image.shape[1:],
    )  # fmt: skip
    model = nn.Sequential([layer])
    model.set_weights([start])
    model.compile(optimizer_of(case["params"]), "mse")
    path, losses = (torch_arrays[case[name]] for name in ("trajectory", "losses"))
    before = start
    for step in range(case["params"]["steps"]):
        found = model.fit(image, target, batch_size=len(image)).history["loss"][0]
        shrunk = found if penalty is None else found - penalty.penalty(before)
        np.testing.assert_allclose(shrunk, losses[step], **case["tolerance"])
        before = layer.kernel.value.copy()
        got = np.moveaxis(before, (-1, -2), (0, 1))
        np.testing.assert_allclose(
            got.ravel(), path[step + len(path) - 50].ravel(), **case["tolerance"]
        )
