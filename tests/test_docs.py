"""Generated text is up to date, and what the README says runs."""

import json
import re
import shlex

import numpy as np
import pytest

import imgkernels as ik
from imgkernels.shells import docs
from imgkernels.shells.flags import JOB

README = docs.ROOT / "README.md"
FIGURES = docs.ROOT / "tests" / "dialect_figures.json"


def test_the_readme_has_the_catalogue_and_presets_of_the_code():
    text = README.read_text("utf-8")
    assert docs.readme_text(text) == text, f"run {docs.COMMAND}"
    for entry in ik.catalogue():
        assert f"`{entry.name}`" in text


@pytest.mark.parametrize("name", docs.GALLERY)
def test_the_gallery_shows_what_the_code_makes(name, tmp_path, monkeypatch):
    monkeypatch.setattr(docs, "GALLERY", {name: docs.GALLERY[name]})
    docs.write_gallery(tmp_path)
    made, kept = (ik.read(f / f"{name}.jpg").pixels for f in (tmp_path, docs.ROOT / ".gallery"))
    # A JPEG encoder of another version may differ a little; another picture differs a lot.
    assert np.abs(made.astype(int) - kept).mean() < 2, f"run {docs.COMMAND}"
    assert f".gallery/{name}.jpg" in README.read_text("utf-8")


def test_the_plot_shows_the_latest_figures():
    from imgkernels.shells import speed

    carried = docs.SPEED.read_bytes()
    assert speed.fingerprint(docs.RESULTS).encode() in carried, f"run {docs.COMMAND}"


def test_the_samples_and_pictures_are_small():
    for folder in ("samples", ".gallery"):
        assert sum(p.stat().st_size for p in (docs.ROOT / folder).iterdir()) < 2_000_000


def test_the_python_of_the_readme_runs(monkeypatch, tmp_path):
    (tmp_path / "samples").symlink_to(docs.ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL):
        exec(code, names)
    learned = names["layer"].kernels()[0].taps
    np.testing.assert_allclose(learned, ik.kernels.sobel("x").taps, atol=1e-3)
    assert names["edges"].dtype == np.float32
    assert (tmp_path / "out.png").exists()


def test_the_commands_of_the_readme_run(monkeypatch, tmp_path, cli):
    image = ik.read(docs.ROOT / "samples" / "chelsea.png")
    monkeypatch.chdir(tmp_path)
    ik.write("in.png", image)
    ik.write("scan.tif", image)
    ik.write("stack.tif", ik.Image.of(np.zeros((4, 8, 8), np.uint8), "zyx"))
    ik.write("mask.png", ik.Image.of(np.pad(np.full((100, 251), 255, np.uint8), 100)))
    (tmp_path / "photos").mkdir()
    ik.write("photos/in.jpg", image)
    text = README.read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [s for block in blocks for s in block.splitlines() if s.startswith("imgkernels")]
    assert len(lines) >= 20
    for line in lines:
        words = shlex.split(line.partition(">")[0], comments=True)[1:]
        code, _, err = cli(*words)
        talks = "--explain" in words or words[:2] == ["nn", "train"] or words[:1] == ["batch"]
        assert (code, "" if talks else err) == (0, ""), line


@pytest.mark.parametrize("border", list(ik.Border))
def test_the_borders_are_drawn_as_they_are(border):
    """The README and the help draw each border by hand; the index map decides."""
    letters = ["abcdk"[i] for i in border.indices(4, 3, 3)]  # -1, the border value, is k
    left, right = " ".join(letters[:3]), " ".join(letters[-3:])
    assert border.drawing == f"{left} | a b c d | {right}"
    assert f"| `{left} / a b c d / {right}` |" in README.read_text("utf-8")
    (flag,) = (f for f in JOB if f.name == "border")
    if border is not ik.Border.CONSTANT:
        assert f"{border} ({left}|abcd|{right})".replace(" ", "") in flag.help.replace(" ", "")


def test_the_readme_has_a_row_for_every_dialect_as_it_is():
    """The figures were measured with the dialect that is here now."""
    text = README.read_text("utf-8")
    told = json.loads(FIGURES.read_text("utf-8"))["libraries"]
    assert list(told) == [found.name for found in ik.dialects()]
    for found in ik.dialects():
        kept = told[found.name]
        assert (kept["version"], kept["filters"]) == (found.version, len(found.rules))
        assert kept["measured_filters"] == kept["filters"], "a rule is not held against its library"
        assert f"| `{found.name}` | {found.version} | {len(found.rules)} |" in text
