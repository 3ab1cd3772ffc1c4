"""Weight files: what other libraries wrote is read, what we write they read."""

import struct

import numpy as np
import pytest

from imgkernels import weights
from imgkernels.errors import FileProblem, InvalidValue, MissingDependency, UnknownName


@pytest.fixture
def arrays(rng):
    return {
        "conv1/kernel": rng.normal(size=(3, 3, 1, 4)).astype(np.float32),
        "conv1/bias": np.zeros(4, np.float32),
        "dense/kernel": rng.normal(size=(8, 2)),
        "steps": np.array(7, np.int64),
        "half": rng.normal(size=(2, 3)).astype(np.float16),
        "empty": np.zeros((0, 3), np.float32),
    }


def same(found, due):
    assert sorted(found) == sorted(due)
    for name, x in due.items():
        assert found[name].dtype == x.dtype
        np.testing.assert_array_equal(found[name], x)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_what_is_written_is_read(tmp_path, arrays, suffix):
    path = tmp_path / f"w{suffix}"
    weights.write(path, arrays)
    same(weights.read(path), arrays)


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_texts_beside_the_arrays(tmp_path, arrays, suffix):
    path = tmp_path / f"w{suffix}"
    weights.write(path, arrays, {"model": "net-a", "classes": "ä b"})
    found = weights.read(path)
    same(found, arrays)
    assert found.metadata == {"model": "net-a", "classes": "ä b"}


def test_safetensors_as_its_own_library_has_it(tmp_path, arrays):
    library = pytest.importorskip("safetensors.numpy")
    weights.write(tmp_path / "ours.safetensors", arrays)
    same(library.load_file(tmp_path / "ours.safetensors"), arrays)
    library.save_file(arrays, tmp_path / "theirs.safetensors", metadata={"format": "np"})
    assert weights.read(tmp_path / "theirs.safetensors").metadata == {"format": "np"}
    same(weights.read(tmp_path / "theirs.safetensors"), arrays)


def test_npz_compressed_and_in_any_layout(tmp_path, rng):
    x = rng.normal(size=(4, 5))
    path = tmp_path / "w.npz"
    np.savez_compressed(path, f=np.asfortranarray(x), big=x.astype(">f4"), cut=x[::2])
    found = weights.read(path)
    same(found, {"f": x, "big": x.astype(np.float32), "cut": x[::2]})


@pytest.mark.parametrize("legacy_protocol", [2, 4])
def test_torch_state_dicts(tmp_path, legacy_protocol):
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Linear(8, 2).bfloat16()
    )
    state = model.state_dict() | {"view": torch.arange(12.0).reshape(3, 4).T[1:]}
    path = tmp_path / "w.pt"
    torch.save({"epoch": 3, "model": state}, path, pickle_protocol=legacy_protocol)
    found = weights.read(path)
    assert found.order == "filters first"
    same(found, {f"model.{k}": v.float().numpy() if v.dtype.is_floating_point else v.numpy()
                 for k, v in state.items()})  # fmt: skip
    layers = found.layers
    assert set(layers["model.1"].arrays) == {"gamma", "beta", "moving_mean", "moving_variance"}
    assert layers["model.0"].filters().shape == (4, 3, 3, 1)


def test_torch_parameters(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save([torch.nn.Parameter(torch.ones(2, 3))], tmp_path / "w.pth")
    same(weights.read(tmp_path / "w.pth"), {"0": np.ones((2, 3), np.float32)})


def test_onnx_initialisers_and_constants(tmp_path, rng):
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    w = rng.normal(size=(4, 1, 3, 3)).astype(np.float32)
    half = rng.normal(size=5).astype(np.float16)
    raw = numpy_helper.from_array(w, "conv.weight")
    typed = helper.make_tensor("typed", onnx.TensorProto.FLOAT, [2], [1.5, -2.0])
    halves = helper.make_tensor("halves", onnx.TensorProto.FLOAT16, [5], half)
    longs = helper.make_tensor("longs", onnx.TensorProto.INT64, [2], [-1, 1 << 40])
    constant = helper.make_node("Constant", [], ["from_node"], value=numpy_helper.from_array(w[0]))
    graph = helper.make_graph([constant], "g", [], [], [raw, typed, halves, longs])
    path = tmp_path / "w.onnx"
    path.write_bytes(helper.make_model(graph).SerializeToString())
    found = weights.read(path)
    due = {"conv.weight": w, "typed": np.float32([1.5, -2]), "halves": half,
           "longs": np.array([-1, 1 << 40]), "from_node": w[0]}  # fmt: skip
    same(found, due)
    assert found.layer("conv").filters().shape == (4, 3, 3, 1)


def keras2(file, arrays):
    for name, x in arrays.items():
        layer, role = name.split("/")
        file[f"{layer}/{layer}/{role}:0"] = x


def keras3(file, arrays):
    for layer in sorted({name.split("/")[0] for name in arrays}):
        variables = file.create_group(f"layers/conv2d_{layer}/vars")
        variables.attrs["name"] = layer
        mine = {name.split("/")[1]: x for name, x in arrays.items() if name.startswith(layer)}
        for number, role in enumerate(["kernel", "bias"]):
            variables[str(number)] = mine[role]
    file["optimizer/vars/0"] = np.zeros(3)
    file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)


@pytest.mark.parametrize("lay_out", [keras2, keras3])
@pytest.mark.parametrize("packed", [False, True])
def test_keras_files(tmp_path, rng, lay_out, packed):
    h5py = pytest.importorskip("h5py")
    import zipfile

    arrays = {
        f"{layer}/{role}": rng.normal(size=shape).astype(np.float32)
        for layer in ("conv1", "conv2")
        for role, shape in (("kernel", (3, 3, 2, 4)), ("bias", (4,)))
    }
    plain = tmp_path / "model.weights.h5"
    with h5py.File(plain, "w") as file:
        lay_out(file, arrays)
    path = tmp_path / "model.keras" if packed else plain
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", "{}")
            archive.write(plain, "model.weights.h5")
    found = weights.read(path)
    same(found, arrays)
    assert found.layer("conv2").filters().shape == (4, 3, 3, 2)


def test_hdf5_without_h5py_names_the_cure(tmp_path, monkeypatch):
    (tmp_path / "w.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(MissingDependency, match=r'pip install "imgkernels\[weights\]"'):
        weights.read(tmp_path / "w.h5")


def test_kernels_are_the_same_in_either_layout(rng):
    hwio = rng.normal(size=(3, 5, 2, 4))
    by_layer = weights.layers.by_layer
    last = by_layer({"a/kernel": hwio}, None)["a"]
    first = by_layer({"a.weight": hwio.transpose(3, 2, 0, 1)}, None)["a"]
    np.testing.assert_array_equal(last.filters(), first.filters())
    np.testing.assert_array_equal(last.filters()[1], hwio[..., 1])
    depthwise = by_layer({"d/depthwise_kernel": hwio}, None)["d"].filters()
    assert depthwise.shape == (8, 3, 5, 1)
    np.testing.assert_array_equal(depthwise[5, :, :, 0], hwio[:, :, 1, 1])


def test_layers_that_are_not_there_or_have_no_kernels():
    found = weights.Weights(
        {"conv1.weight": np.ones((2, 1, 3, 3)), "fc.weight": np.ones((2, 2))}, ""
    )
    with pytest.raises(UnknownName, match="no layer 'conv2'; did you mean 'conv1'"):
        found.layer("conv2")
    with pytest.raises(InvalidValue, match="'fc' is not convolutional"):
        found.layer("fc").filters()


def test_writing_names_the_formats_and_leaves_nothing_behind(tmp_path):
    with pytest.raises(UnknownName, match=r"no format of weights '\.pt'; there are: \.npz"):
        weights.write(tmp_path / "w.pt", {"a": np.ones(2)})
    with pytest.raises(FileProblem, match="folder does not exist"):
        weights.write(tmp_path / "gone" / "w.npz", {"a": np.ones(2)})
    assert not list(tmp_path.iterdir())


def test_limits_are_of_the_whole_file(tmp_path):
    weights.write(tmp_path / "w.npz", {str(n): np.zeros(1000) for n in range(3)})
    assert len(weights.read(tmp_path / "w.npz", max_bytes=24_000)) == 3
    with pytest.raises(FileProblem, match=r"8,000 bytes are declared, 7,999 are allowed"):
        weights.read(tmp_path / "w.npz", max_bytes=23_999)


def test_bfloat16_of_safetensors(tmp_path):
    text = b'{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    data = struct.pack("<Q", len(text)) + text + np.float32([1.5, -3]).tobytes()[2:4]
    (tmp_path / "w.safetensors").write_bytes(data + np.float32(-3).tobytes()[2:])
    assert weights.read(tmp_path / "w.safetensors")["a"].tolist() == [1.5, -3]


@pytest.mark.parametrize(
    ("name", "shape", "order"),
    [
        ("W", (8, 8, 3, 3), "filters first"),
        ("W", (3, 3, 8, 8), "filters last"),
        ("W", (30, 1, 5, 5), "filters first"),
        ("W", (3, 3, 3, 3), "filters last"),
        ("c.weight", (64, 32, 3, 3), "filters first"),
        ("c.weight", (64, 3, 3, 16), "window between"),
        ("c.weight", (64, 32, 1, 7), "filters first"),
        ("c/kernel", (1, 7, 32, 64), "filters last"),
        ("c/kernel", (3, 5, 8, 8), "filters last"),
        ("W", (5, 3), "filters last"),
    ],
)
def test_a_layout_is_told_by_its_name_or_else_by_its_shape(name, shape, order):
    (layer,) = weights.Weights({name: np.ones(shape)}, "arrays").layers.values()
    assert layer.order == order
