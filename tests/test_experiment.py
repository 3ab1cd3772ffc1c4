"""One network, its first layer frozen to each bank."""

import json

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import weights
from imgkernels.analysis.experiment import BANKS, first_layer
from imgkernels.analysis.experiment.banks import handcrafted
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.nn.data import Dataset, Splits


@pytest.fixture
def parts(rng):
    """Bars that lie or stand: what tells them apart is the direction of their edges."""
    images = rng.integers(0, 60, (120, 12, 12, 1), np.uint8)
    labels = np.arange(120) % 2
    for image, label in zip(images, labels, strict=True):
        at = rng.integers(2, 9)
        if label:
            image[at : at + 2] = 220
        else:
            image[:, at : at + 2] = 220
    whole = Dataset(images, labels, ("stands", "lies"))
    return Splits(whole[:80], whole[80:])


@pytest.mark.parametrize("count", [1, 5, 8])
@pytest.mark.parametrize("word", BANKS)
def test_every_kernel_of_a_bank_has_length_1(word, count):
    bank = handcrafted(word, 5, count)
    assert bank.shape == (5, 5, count)
    np.testing.assert_allclose(np.linalg.norm(bank, axis=(0, 1)), 1)


@pytest.mark.parametrize("word", ["sobel", "gabor"])
def test_flat_pictures_say_nothing_to_edges(word):
    np.testing.assert_allclose(handcrafted(word, 7, 6).sum(axis=(0, 1)), 0, atol=1e-12)


def test_sobel_turns_around_the_circle():
    bank = handcrafted("sobel", 3, 4)
    due = ik.get("sobel-x").kernels()[0].taps / np.sqrt(12)
    np.testing.assert_allclose(bank[..., 0], due, atol=1e-12)
    np.testing.assert_allclose(bank[..., 2], -due, atol=1e-12)


def test_a_filter_is_a_bank():
    bank = handcrafted("log:sigma=0.5", 7, 3)
    assert bank.shape[-1] == 1
    with pytest.raises(InvalidValue, match="takes a size of"):
        handcrafted("log:sigma=3", 7, 3)
    with pytest.raises(InvalidValue, match="no kernels of two axes"):
        handcrafted("median", 7, 3)
    with pytest.raises(UnknownName, match=r"did you mean 'gabor'.*banks are learned"):
        handcrafted("gabr", 7, 3)


def test_the_same_seeds_give_the_same(parts):
    ask = {"seeds": 2, "epochs": 1, "filters": 4, "size": 3}
    words = ("learned", "sobel", "random")
    one, two = (first_layer(parts, words, **ask) for _ in range(2))
    assert one == two
    for first, second in zip(one.outcomes, two.outcomes, strict=True):
        np.testing.assert_array_equal(first.bank, second.bank)
    learned, _, random = (outcome.bank for outcome in one.outcomes)
    assert np.abs(learned - random).max() > 0.01


def test_the_frozen_layer_stays_frozen(parts, monkeypatch):
    from imgkernels.analysis.experiment import frozen as module

    seen = []
    trained = module._Trainer._trained

    def watched(self, first, seed):
        before = None if first.trainable else first.kernel_initializer.weights
        answer = trained(self, first, seed)
        if before is not None:
            seen.append(np.abs(first.kernel.value - before).max())
        return answer

    monkeypatch.setattr(module._Trainer, "_trained", watched)
    first_layer(parts, ("sobel", "identity"), seeds=2, epochs=1, filters=4, size=3)
    assert len(seen) == 4
    assert max(seen) < 1e-6


def test_edges_tell_bars_apart(parts):
    found = first_layer(parts, ("sobel",), seeds=2, epochs=8, filters=4, size=3)
    assert found.outcomes[0].mean > 0.9
    assert found.tested_on == 40


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 4}, "size must be odd"),
        ({"filters": 10, "banks": ("frei-chen",)}, "9 masks"),
        ({"banks": ("sobel", "sobel")}, "once each"),
        ({"banks": ()}, "once each"),
        ({"seeds": 0}, "from 1"),
    ],
)
def test_what_cannot_be_is_refused_before_training(parts, options, said):
    with pytest.raises(InvalidValue, match=said):
        first_layer(parts, heard=pytest.fail, **options)


def test_the_command_line(tmp_path, cli, monkeypatch, parts):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    images, labels = parts.train.images, parts.train.labels
    np.savez("bars.npz", x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9])
    words = ("--data", "bars.npz", "--kernels", "learned,sobel", "--epochs", 1, "--seeds", 2)
    code, out, err = cli("experiment", "first-layer", *words, "--out", "banks.npz", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert [row["name"] for row in told["outcomes"]] == ["learned", "sobel"]
    assert weights.read("banks.npz").layer("learned").filters().shape == (8, 5, 5, 1)
    assert cli("keep", "learned:banks.npz/learned/7", "--as", "edge7")[0] == 0
    assert ik.get("edge7").kernels()[0].shape == (5, 5)
    code, out, err = cli("experiment", "first-layer", *words, "--plot", "banks.png")
    assert (code, err) == (0, "")
    assert "2 seeds, 1 epochs of 80 pictures, tested on 9" in out
    assert ik.read("banks.png").pixels.std() > 10
    assert cli("experiment", "first-layer", "--plot", "banks.gif")[0] == 2
