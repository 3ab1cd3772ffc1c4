"""`keep`: a kernel under a name of one's own is a filter like the others."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import kept, places, weights
from imgkernels.errors import FileProblem, InvalidValue, UnknownName
from imgkernels.operations import Convolve


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home" / "imgkernels" / "kernels"


def example(entry):
    return {k.name: k.check(k.param.example) for k in entry.params if k.required}


CONVOLUTIONS = [
    entry.name
    for entry in ik.catalogue()
    if isinstance(entry.operation(None, **example(entry)), Convolve)
]


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_what_is_kept_does_what_it_did(name, rng):
    entry = ik.get(name)
    given = example(entry)
    step = str(ik.Pipeline.of((name, given)))
    ik.keep(step, "mine")
    image = rng.integers(0, 256, (21, 17, 3), np.uint8)
    np.testing.assert_array_equal(ik.apply(image, "mine"), ik.apply(image, name, **given))


def test_one_of_several_kernels(rng):
    image = rng.random((9, 9))
    with pytest.raises(InvalidValue, match="2 kernels; say which"):
        ik.keep("sobel", "half")
    entry = ik.keep("sobel", "half", number=2)
    assert entry.summary == "Kept by you, from sobel, kernel 2."
    np.testing.assert_array_equal(entry.kernels()[0].taps, ik.get("sobel").kernels()[1].taps)
    with pytest.raises(InvalidValue, match="kernels 1 to 2; got 3"):
        ik.keep("sobel", "third", number=3)
    assert ik.apply(image, "half").shape == image.shape


def test_a_learned_kernel_over_three_channels(rng):
    weights.write("model.npz", {"conv1/kernel": rng.normal(size=(3, 3, 3, 4))})
    ik.keep("learned:model.npz/conv1/2", "edge7")
    image = rng.random((9, 8, 3))
    np.testing.assert_array_equal(
        ik.apply(image, "edge7"), ik.apply(image, "learned:model.npz/conv1/2")
    )


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_taps_and_anchor_are_kept_to_the_last_bit(ndim, rng):
    shape = (2, 3, 4)[:ndim]
    kernel = ik.Kernel(rng.normal(size=shape), (0,) * ndim)
    ik.keep(kernel, "mine")
    kept._read.cache_clear()
    (found,) = ik.get("mine").kernels()
    assert found.anchor == kernel.anchor
    np.testing.assert_array_equal(found.taps, kernel.taps)


@pytest.mark.parametrize(
    "name", ["", "Edge", "a b", "../x", "a/b", "-a", "a--b", "7a", "a.json", "é", "a" * 65, "a\n"]
)
def test_names_that_cannot_be(name, home):
    with pytest.raises(InvalidValue, match="lower-case letters"):
        ik.keep([[1.0]], name)
    assert not home.exists() or not list(home.iterdir())


def test_names_that_are_taken(home):
    for name in ("blur", *ik.get("blur").aliases):
        with pytest.raises(InvalidValue, match="a filter of the catalogue"):
            ik.keep([[1.0]], name)
    ik.keep([[1.0]], "mine")
    with pytest.raises(InvalidValue, match="kept already"):
        ik.keep([[2.0]], "mine")
    assert ik.keep([[2.0]], "mine", overwrite=True).kernels()[0].taps == 2.0


def test_forgotten_and_near_names():
    ik.keep([[1.0]], "edge7")
    with pytest.raises(UnknownName, match="did you mean 'edge7'"):
        ik.get("edge8")
    ik.forget("edge7")
    with pytest.raises(UnknownName, match="no kept kernel 'edge7'"):
        ik.forget("edge7")
    with pytest.raises(UnknownName):
        ik.get("edge7")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"kernels": []}',
        '{"kernels": [{"taps": [[NaN]], "anchor": [0, 0]}]}',
        '{"kernels": [{"taps": [[1], [1, 2]], "anchor": [0, 0]}]}',
        '{"kernels": [{"taps": "x", "anchor": [0]}]}',
        '{"kernels": [{"taps": [1], "anchor": [9]}]}',
        '{"kernels": [{"taps": [1], "anchor": [0]}], "range": "loud"}',
        '{"kernels": [{"taps": [1], "anchor": [0]}], "offset": {}}',
        "[" * 100_000,
    ],
)
def test_broken_files_are_named(text, home):
    home.mkdir(parents=True)
    (home / "mine.json").write_text(text)
    with pytest.raises(FileProblem, match=r"mine\.json: holds no kept kernel"):
        ik.get("mine")


def test_what_is_too_long_is_not_read(home, monkeypatch):
    monkeypatch.setattr(kept, "_MOST_BYTES", 10)
    home.mkdir(parents=True)
    (home / "mine.json").write_text(json.dumps({"kernels": []}))
    with pytest.raises(FileProblem, match="at most 10 bytes"):
        ik.get("mine")


def test_a_relative_folder_is_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.data_folder().is_relative_to(tmp_path)


def test_the_command_line(home, cli):
    assert "nothing is kept" in cli("keep")[1]
    assert "imgkernels apply row" in cli("keep", "-1 0 1", "--as", "row")[1]
    ik.write("in.png", ik.Image.of(np.arange(49, dtype=np.uint8).reshape(7, 7)))
    assert cli("apply", "row", "in.png", "out.png") == (0, "", "")
    due = ik.apply(ik.read("in.png").pixels, "custom", kernel=[[-1, 0, 1]])
    np.testing.assert_array_equal(ik.read("out.png").pixels, due)
    assert json.loads(cli("keep", "--json")[1])[0]["name"] == "row"
    assert "  row " in cli("list")[1]
    assert cli("keep", "--forget", "row")[0] == 0
    assert not list(home.glob("*.json"))


@pytest.mark.parametrize(
    "words", [["sobel-x"], ["--as", "x"], ["1", "--forget", "x"], ["median", "--as", "x"]]
)
def test_wrong_usage_is_one_line(words, cli):
    code, out, err = cli("keep", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
