"""`imgkernels nn` as a person types it: a network trained on few digits, asked, looked into."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import weights
from imgkernels.nn import data

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with 600 digits, pictures of four of them, and what a training left."""
    folder = tmp_path_factory.mktemp("nn")
    digits = data.digits()[:700]
    np.savez(folder / "few.npz", x_train=digits.images[:600], y_train=digits.labels[:600],
             x_test=digits.images[600:], y_test=digits.labels[600:])  # fmt: skip
    for n in range(4):
        ik.write(folder / f"{n}.png", digits.images[n, ..., 0])
    ik.write(folder / "inverted.png", 255 - digits.images[0, ..., 0])
    words = ["nn", "train", "--data", "few.npz", "--epochs", "5", "--recipe", "source", "--seed",
             "1", "--validation", "0.1", "--history", "h.csv", "--json"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "imgkernels", *words], cwd=folder,
        env=os.environ | path_of_package(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    (folder / "told.json").write_text(done.stdout)
    (folder / "lines.txt").write_text(done.stderr)
    return folder


def path_of_package():
    return {"PYTHONPATH": os.path.dirname(os.path.dirname(ik.__file__))}


@pytest.fixture
def here(place, monkeypatch):
    monkeypatch.chdir(place)
    return place


def test_training_tells_each_epoch_and_the_test(here):
    lines = (here / "lines.txt").read_text().splitlines()
    assert [line.split(" - ")[0] for line in lines] == [f"Epoch {n}/5" for n in range(1, 6)]
    assert all(
        word in lines[0] for word in ("loss: ", "accuracy: ", "val_loss: ", "val_accuracy: ")
    )
    told = json.loads((here / "told.json").read_text())
    assert told["test"]["accuracy"] > 0.6
    assert len(told["history"]["val_accuracy"]) == 5
    kept = weights.read(here / "model.npz")
    assert kept.metadata["model"] == "net-a"
    assert kept.metadata["classes"].split("\n") == list(map(str, range(10)))
    assert len((here / "h.csv").read_text().splitlines()) == 6


def test_the_seed_decides(here, cli):
    for name in ("a", "b"):
        assert (
            cli(
                "nn",
                "train",
                "--data",
                "few.npz",
                "--epochs",
                1,
                "--seed",
                1,
                "--out",
                f"{name}.npz",
            )[0]
            == 0
        )
    assert (here / "a.npz").read_bytes() == (here / "b.npz").read_bytes()


def test_evaluate_measures_the_test(here, cli):
    told = json.loads((here / "told.json").read_text())
    code, out, _ = cli("nn", "evaluate", "model.npz", "--data", "few.npz", "--json")
    found = json.loads(out)
    assert (code, found["pictures"]) == (0, 100)
    assert found["accuracy"] == pytest.approx(told["test"]["accuracy"])
    assert "accuracy" in cli("nn", "evaluate", "model.npz", "--data", "few.npz", "--train")[1]


def test_predict_names_what_it_sees(here, cli):
    code, out, err = cli("nn", "predict", "model.npz", "0.png", "1.png", "--json")
    assert (code, err) == (0, "")
    answers = json.loads(out)
    assert [answer["image"] for answer in answers] == ["0.png", "1.png"]
    plain, turned = (
        cli("nn", "predict", "model.npz", "0.png")[1],
        cli("nn", "predict", "model.npz", "inverted.png", "--invert")[1],
    )
    assert plain.split(": ")[1] == turned.split(": ")[1]
    assert "see --invert" in cli("nn", "predict", "model.npz", "inverted.png")[2]


def test_one_bad_picture_does_not_stop_the_others(here, cli):
    code, out, err = cli("nn", "predict", "model.npz", "gone.png", "1.png", "few.npz")
    assert code == 1
    assert out.startswith("1.png: ")
    assert [line.split(": ")[1] for line in err.splitlines()] == ["gone.png", "few.npz"]


VIEWS = {
    "filters": ["model.npz", "OUT", "--layer", "conv2d_1", "--channel", "3"],
    "filters two": ["model.npz", "OUT", "--before", "model.npz"],
    "responses": ["model.npz", "0.png", "OUT", "--layer", "conv2d"],
    "saliency": ["model.npz", "0.png", "OUT", "--class", "3"],
    "cam": ["model.npz", "0.png", "OUT", "--modifier", "relu", "--layer", "conv2d"],
    "occlusion": ["model.npz", "0.png", "OUT", "--size", "7", "--fill", "0", "--around", "0"],
    "maximize": ["model.npz", "OUT", "--class", "3,5", "--steps", "3"],
    "maximize filters": ["model.npz", "OUT", "--layer", "conv2d", "--steps", "3", "--class", "31"],
    "curves": ["h.csv", "OUT"],
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_figures(here, cli, name):
    suffix = "html" if name == "saliency" else "png"
    target = f"{name}.{suffix}"
    words = [target if word == "OUT" else word for word in VIEWS[name]]
    code, _, err = cli("nn", name.split()[0], *words)
    assert (code, err) == (0, "")
    content = (here / target).read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == "png" else b"<!doctype html>")


def test_cam_and_occlusion_answer_in_json(here, cli):
    box = json.loads(cli("nn", "cam", "model.npz", "0.png", "x.png", "--json")[1])["box"]
    assert 0 <= box["x"] < box["x"] + box["width"] <= 28
    counts = json.loads(cli("nn", "occlusion", "model.npz", "0.png", "x.png", "--json")[1])[
        "counts"
    ]
    assert sum(counts.values()) == 49


def test_a_summary_by_name_and_of_a_file(here, cli):
    for model in ("net-a", "model.npz"):
        code, out, _ = cli("nn", "summary", model)
        assert code == 0
        assert "93,322" in out
        assert cli("nn", "summary", model, "--plot", "s.svg")[0] == 0
    assert "93,322" in (here / "s.svg").read_text() or (here / "s.svg").stat().st_size > 10_000


def test_training_goes_on_from_layers_of_the_same_name(here, cli):
    words = ["--data", "few.npz", "--epochs", 1, "--recipe", "source", "--out", "on.npz"]
    code, out, err = cli("nn", "train", *words, "--start", "model.npz")
    assert code == 0
    assert "note: conv2d, conv2d_1, conv2d_2, dense, dense_1 start from model.npz\n" in err
    assert float(out.split("accuracy ")[1].split()[0]) > 0.6


def test_a_folder_per_class_gives_the_classes(here, cli, tmp_path):
    digits = data.digits()
    for name, number in (("one", 1), ("zero", 0)):
        (tmp_path / name).mkdir()
        for place_ in np.flatnonzero(digits.labels == number)[:30]:
            ik.write(tmp_path / name / f"{place_}.png", digits.images[place_, ..., 0])
    code, _, _ = cli("nn", "train", "--data", tmp_path, "--epochs", 3, "--out", "two.npz")
    assert code == 0
    one = np.flatnonzero(digits.labels == 1)[100]
    ik.write("one.png", digits.images[one, ..., 0])
    assert cli("nn", "predict", "two.npz", "one.png")[1].startswith("one.png: one ")


MISTAKES = [
    ("trian", 2, "no command 'nn trian'; did you mean 'nn train'?"),
    ("train --model net-aa", 2, "no network 'net-aa'; did you mean 'net-a'?"),
    ("train --recipe bst", 2, "no recipe 'bst'; did you mean 'best'?"),
    ("train --out m.txt", 2, "no format of weights '.txt'"),
    ("train --out gone/m.npz", 1, "there is no folder gone"),
    ("train --history h.txt", 2, "'.txt'"),
    ("train --data gone", 1, "gone: is no folder of IDX files"),
    ("train --epochs 0", 2, "--epochs"),
    ("train --validation 1", 2, "--validation must be from 0 to below 1"),
    ("train --start few.png", 1, "few.png: "),
    ("train --start few.npz", 2, "few.npz: has no layer of a name and shape of net-a's"),
    ("predict gone.npz 0.png", 1, "gone.npz: No such file"),
    ("predict few.npz 0.png", 2, "few.npz: does not say which network it is of"),
    ("predict few.npz 0.png --model net-a", 2, "few.npz: holds 4 layers"),
    ("predict model.npz 0.png --model lenet-55", 2, "did you mean 'lenet-5'?"),
    ("evaluate model.npz --data 0.png", 1, "0.png: is no folder"),
    ("saliency model.npz 0.png x.png --class ten", 2, "no class 'ten'"),
    ("saliency model.npz 0.png x.png --modifier guidd", 2, "did you mean 'guided'?"),
    ("saliency model.npz 0.png x.gif", 2, "no format of figures '.gif'"),
    ("cam model.npz 0.png x.png --layer conv2", 2, "no layer 'conv2'; did you mean 'conv2d'?"),
    ("cam model.npz 0.png x.png --layer dense", 2, "has no maps"),
    ("cam model.npz 0.png x.png --threshold 2", 2, "threshold must be in"),
    ("occlusion model.npz 0.png x.png --size 0", 2, "size must be 1 or more"),
    ("maximize model.npz x.png --class 10", 2, "no class '10'"),
    ("maximize model.npz x.png --layer conv2d --class 32", 2, "filters of 'conv2d' are 0 to 31"),
    ("filters model.npz x.png --layer dense", 2, "not convolutional"),
    ("filters model.npz x.png --channel 1", 2, "has channels 0 to 0; got 1"),
    ("filters 0.png x.png", 1, "0.png: is not a weight file"),
    ("responses model.npz few.npz x.png", 1, "few.npz: "),
    ("curves 0.png x.png", 1, "0.png: is no history"),
    ("data mnst", 2, "Did you mean 'mnist'"),
    ("data mnist m --mirror http://127.0.0.1:9", 1, "put the four gzipped files of MNIST into m"),
]


@pytest.mark.parametrize(("words", "code", "why"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_a_mistake_is_one_line_and_leaves_nothing(here, cli, words, code, why):
    before = sorted(here.iterdir())
    found, _, err = cli("nn", *words.split())
    lines = [line for line in err.splitlines() if not line.startswith("fetching")]
    assert (found, len(lines)) == (code, 1)
    assert lines[0].startswith("imgkernels: ")
    assert why in lines[0]
    assert "Traceback" not in err
    assert sorted(here.iterdir()) == before


def test_ctrl_c_leaves_the_last_epoch_and_ends_with_130(here):
    words = ["nn", "train", "--data", "few.npz", "--epochs", "500", "--out", "cut.npz"]
    running = subprocess.Popen(
        [sys.executable, "-m", "imgkernels", *words], cwd=here, env=os.environ | path_of_package(),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = running.stderr.readline()
    assert first.startswith("Epoch 1/500")
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    last = err.splitlines()[-1]
    assert last.startswith("imgkernels: interrupted; cut.npz holds epoch ")
    kept = weights.read(here / "cut.npz")
    assert f"holds epoch {kept.metadata['epoch']} of 500" in last


def test_other_commands_do_not_pay_for_it():
    code = "import imgkernels.shells.app, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "imgkernels.shells.nn.app" in loaded
    assert not {"numpy", "imgkernels.nn", "matplotlib", "urllib.request"} & set(loaded)


def test_the_doctor_names_extras_and_how_to_get_them(cli, monkeypatch):
    from imgkernels.shells import doctor

    said = cli("doctor")[1]
    assert (
        "extras    fast: " in said and "nn: threadpoolctl " in said and "plot: matplotlib " in said
    )
    monkeypatch.setitem(doctor._EXTRAS, "weights", "no-such-package")
    assert 'weights: not installed (pip install "imgkernels[weights]")' in cli("doctor")[1]
