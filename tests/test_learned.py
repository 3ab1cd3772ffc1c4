"""`learned:FILE/LAYER/INDEX`: a kernel of a weight file wherever a filter's name stands."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import weights
from imgkernels.errors import FileProblem, InvalidValue, UnknownName, UnsupportedImage


@pytest.fixture
def bank(rng):
    return {
        "conv1/kernel": rng.normal(size=(3, 3, 3, 4)),
        "grey/kernel": rng.normal(size=(5, 3, 1, 2)),
        "block/deep/kernel": np.abs(rng.normal(size=(3, 3, 8, 2))),
        "line/kernel": rng.normal(size=(3, 1, 2)),
        "dense/kernel": rng.normal(size=(4, 2)),
    }


@pytest.fixture
def file(tmp_path, bank, monkeypatch):
    monkeypatch.chdir(tmp_path)
    weights.write("model.npz", bank)
    return "model.npz"


def test_three_channels_are_summed_like_a_layer(file, bank, rng):
    image = rng.random((9, 8, 3))
    plane = ik.correlate(image, bank["conv1/kernel"][..., 2], channels="sum")
    found = ik.apply(image, "learned:model.npz/conv1/2")
    assert found.shape == image.shape
    for c in range(3):
        np.testing.assert_allclose(found[..., c], plane, rtol=1e-12)


def test_grey_counts_for_each_of_three_channels(file, rng):
    grey = rng.random((9, 8))
    rgb = np.repeat(grey[..., None], 3, axis=-1)
    name = "learned:model.npz/conv1/0"
    np.testing.assert_allclose(ik.apply(grey, name), ik.apply(rgb, name)[..., 0], rtol=1e-10)


@pytest.mark.parametrize(("name", "cut"), [
    ("grey/1", ("grey/kernel", (..., 0, 1))),
    ("conv1/3,2", ("conv1/kernel", (..., 2, 3))),
    ("block/deep/1,7", ("block/deep/kernel", (..., 7, 1))),
])  # fmt: skip
def test_one_channel_acts_on_each(file, bank, rng, name, cut):
    image = rng.random((9, 8, 3))
    kernel = ik.Kernel(bank[cut[0]][cut[1]])
    np.testing.assert_array_equal(
        ik.apply(image, f"learned:model.npz/{name}"), ik.correlate(image, kernel)
    )
    assert ik.get(f"learned:model.npz/{name}").kernels() == (kernel,)


def test_a_signal_has_kernels_of_one_axis(file, bank, rng):
    signal = rng.random(12)
    due = ik.correlate(signal, ik.Kernel(bank["line/kernel"][:, 0, 1]))
    found = ik.apply(signal, "learned:model.npz/line/1", axes="x")
    np.testing.assert_array_equal(found, due)
    with pytest.raises(UnsupportedImage, match="works on 1 axes; got 2"):
        ik.apply(signal[None], "learned:model.npz/line/1")


def test_pytorch_files_hold_the_same_kernels(file, bank, rng):
    image = rng.random((9, 8, 3))
    weights.write("t.safetensors", {"conv1.weight": bank["conv1/kernel"].transpose(3, 2, 0, 1)})
    one, other = (ik.apply(image, f"learned:{f}/conv1/1") for f in (file, "t.safetensors"))
    np.testing.assert_array_equal(one, other)


def test_in_pipelines_and_their_files(file, rng):
    image = rng.integers(0, 256, (9, 8, 3), np.uint8)
    text = "blur:sigma=1.5 | learned:model.npz/block/deep/1,7 | sharpen"
    pipeline = ik.Pipeline.parse(text)
    assert str(pipeline) == text
    assert ik.Pipeline.from_toml(pipeline.to_toml()) == pipeline
    assert pipeline(image).dtype == np.uint8
    from imgkernels.schema import schema

    assert "^learned:" in schema()["properties"]["steps"]["items"]["patternProperties"]


def test_signs_are_shown_as_for_edges(file, rng):
    image = rng.integers(0, 256, (9, 8), np.uint8)
    assert ik.get("learned:model.npz/grey/0").range == ik.Range.ABS
    assert ik.get("learned:model.npz/block/deep/1,0").range is None
    both = (ik.apply(image, "learned:model.npz/grey/0", **o) for o in ({}, {"range": "abs"}))
    np.testing.assert_array_equal(*both)


def test_a_file_written_anew_is_read_anew(file, bank, rng):
    image = rng.random((9, 8))
    before = ik.apply(image, "learned:model.npz/grey/0")
    weights.write(file, bank | {"grey/kernel": 2 * bank["grey/kernel"]})
    os.utime(file, ns=(1, 1))
    np.testing.assert_allclose(ik.apply(image, "learned:model.npz/grey/0"), 2 * before)


THERE = r"kernels are in conv1 \(0 to 3\), grey \(0 to 1\), block/deep \(0 to 1\)"


@pytest.mark.parametrize(("text", "kind", "why"), [
    ("", FileProblem, "learned: no such file; a learned kernel is learned:FILE/LAYER/INDEX"),
    ("gone.npz/conv1/2", FileProblem, r"^gone\.npz: no such file"),
    ("model.npz", InvalidValue, THERE),
    ("model.npz/conv1", InvalidValue, THERE),
    ("model.npz/conv9/0", UnknownName, "no layer 'conv9'; did you mean 'conv1'.*" + THERE),
    ("model.npz/dense/0", InvalidValue, "'dense' is not convolutional.*" + THERE),
    ("model.npz/conv1/4", InvalidValue, r"conv1: filters are 0 to 3; got '4'"),
    ("model.npz/conv1/-1", InvalidValue, r"conv1: filters are 0 to 3; got '-1'"),
    ("model.npz/conv1/0,3", InvalidValue, r"channels are 0 to 2; got '3'"),
    ("model.npz/block/deep/0", InvalidValue, r"cover 8 channels.*deep/0,CHANNEL \(0 to 7\)"),
])  # fmt: skip
def test_mistakes_say_what_there_is(file, text, kind, why):
    with pytest.raises(kind, match=why):
        ik.get(f"learned:{text}")


def test_two_channels_do_not_fit_three(file, rng):
    with pytest.raises(UnsupportedImage, match="covers 3 channels; the image has 2"):
        ik.apply(rng.random((9, 8, 2)), "learned:model.npz/conv1/0")


def test_the_prefix_mistyped(file):
    with pytest.raises(UnknownName, match="did you mean 'learned:'"):
        ik.get("learnd:model.npz/conv1/0")


def test_on_the_command_line(file, cli, rng):
    image = rng.integers(0, 256, (9, 8, 3), np.uint8)
    ik.write("in.png", image)
    name = "learned:model.npz/conv1/2"
    assert cli("apply", name, "in.png", "out.png", "--range", "offset") == (0, "", "")
    np.testing.assert_array_equal(ik.read("out.png").pixels, ik.apply(image, name, range="offset"))
    assert cli("pipe", "in.png", "out.png", name, "blur:sigma=2")[0] == 0
    code, out, _ = cli("show", name, "--json")
    assert (code, len(json.loads(out)["kernels"])) == (0, 3)
    code, _, err = cli("apply", "learned:model.npz/conv1/9", "in.png", "out2.png")
    assert (code, err) == (2, "imgkernels: model.npz/conv1: filters are 0 to 3; got '9'\n")
    assert not os.path.exists("out2.png")


def test_other_filters_do_not_pay_for_it():
    ask = "import sys; from imgkernels import filters; print('imgkernels.weights' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
