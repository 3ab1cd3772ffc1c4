"""`imgkernels show`: certificates in a terminal and in JSON, kernels of one's own examined."""

import json

import numpy as np
import pytest

import imgkernels as ik

NAMES = [entry.name for entry in ik.catalogue()]


@pytest.mark.parametrize("name", NAMES)
def test_every_certificate_is_shown_within_a_hundred_columns(cli, name):
    code, out, err = cli("show", name)
    assert (code, err) == (0, "")
    entry = ik.get(name)
    for due in ("source: ", "formula: ", "laws, checked now:"):
        assert due in out
    assert "BROKEN" not in out
    assert all(source.link in out for source in entry.sources)
    assert max(map(len, out.splitlines())) <= 100


def test_the_json_holds_what_the_certificate_holds(cli):
    told = json.loads(cli("show", "prewitt-x:gain=unit", "--json")[1])
    assert told["sources"][0]["authors"] == "Prewitt"
    assert told["formula"] and told["others"] and told["holds"]
    assert all(law["holds"] for law in told["laws"])
    (kernel,) = told["kernels"]
    assert kernel["gain"] == pytest.approx(1)
    assert kernel["antisymmetric"] == ["left-right mirror", "half turn"]
    assert kernel["moments"]["0,1"] == pytest.approx(1)
    assert "warnings" not in told  # the catalogue's own are not doubted


def test_a_broken_law_is_shown_as_broken(cli, monkeypatch):
    entry = ik.get("laplacian")
    due = ik.get("laplacian").laws(neighbours="all")
    monkeypatch.setattr(type(entry), "laws", lambda self, frame=None, **given: due)
    out = " ".join(cli("show", "laplacian")[1].split())
    assert "BROKEN" in out and "moment (0, 2) is 2, not 6" in out
    told = json.loads(cli("show", "laplacian", "--json")[1])
    assert not told["holds"]


KERNEL = "0 -1 0; -1 4.9 -1; 0 -1 0"


@pytest.mark.parametrize(
    "words",
    [
        [KERNEL],
        ["--kernel", KERNEL],
        ["custom", "--kernel", KERNEL],
        [f"custom:kernel={KERNEL}"],
        ["kernel.csv"],
        ["kernel.npy"],
    ],
    ids=["text", "option", "custom and option", "step", "csv", "npy"],
)
def test_a_kernel_of_ones_own_is_examined_and_doubted(cli, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    rows = [[0, -1, 0], [-1, 4.9, -1], [0, -1, 0]]
    (tmp_path / "kernel.csv").write_text("\n".join(",".join(map(str, row)) for row in rows))
    np.save(tmp_path / "kernel.npy", np.array(rows))
    code, out, _ = cli("show", *words)
    assert code == 0
    assert "warning: sum 0.9: darkens the picture by 10 %" in out
    told = json.loads(cli("show", *words, "--json")[1])
    assert told["warnings"] == ["sum 0.9: darkens the picture by 10 %"]


def test_a_kernel_may_begin_with_a_minus_and_have_three_axes(cli, tmp_path):
    assert "derivative order 1, gain 2" in cli("show", "-1 0 1")[1]
    np.save(tmp_path / "k.npy", np.ones((3, 3, 3)) / 27)
    assert "of the cube, all 48" in cli("show", tmp_path / "k.npy")[1]


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ([], "show: name a filter, or give a kernel of your own"),
        (["--jsn"], "show: no such option: --jsn"),
        (["sobel", "--kernel", "1 2 1"], "sobel: no parameter 'kernel'"),
        (["1 x 1"], "'x' is no number"),
        (["no-file.csv"], "no-file.csv: No such file"),
    ],
)
def test_mistakes_are_one_line(cli, words, due):
    code, out, err = cli("show", *words)
    assert (code, out) == (2, "")
    assert due in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("kernel", "more", "due"),
    [
        ("1 1 1; 1 1 1; 1 1 1", [], "note: sum 9: brightens the picture 9 times"),
        ("0.25 0.5 0.23", [], "note: sum 0.98: darkens the picture by 2 %"),
        ("1 1 1; 1 1 1; 1 1 1", ["--normalize"], ""),
        ("-1 0 1; -2 0 2; -1 0 1", [], ""),
        ("0 -1 0; -1 5 -1; 0 -1 0", [], ""),
    ],
)
def test_apply_notes_what_surely_surprises(cli, tmp_path, kernel, more, due):
    ik.write(tmp_path / "in.png", ik.Image.of(np.full((9, 9), 50, np.uint8)))
    out = tmp_path / "out.png"
    code, _, err = cli("apply", "custom", tmp_path / "in.png", out, "--kernel", kernel, *more)
    assert code == 0 and out.exists()
    assert err.count("\n") == (1 if due else 0)
    assert due in err
