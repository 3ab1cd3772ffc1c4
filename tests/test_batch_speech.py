"""What a batch says: a bar on a terminal, lines elsewhere, and what libraries print within it."""

import io
import os
import pty
import re
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
from batch_common import pictures, program
from PIL.TiffImagePlugin import IFDRational

import imgkernels as ik
from imgkernels import batch
from imgkernels.files import chatter
from imgkernels.files.jpeg_head import head_of
from imgkernels.shells import batch_speech

NAMES = [f"{number:02}.png" for number in range(30)]


@pytest.fixture
def src(tmp_path):
    pictures(tmp_path / "src", NAMES, (60, 80, 3))
    return tmp_path / "src"


def on_a_terminal(*words):
    """Run the command line on a terminal of its own; return exit code and what was shown."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "imgkernels", *map(str, words)]
    env = os.environ | {"TERM": "xterm", "COLUMNS": "90"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
    os.close(ours)
    return process.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_a_bar_on_a_terminal_with_rate_and_time_left(src, tmp_path):
    (src / "broken.png").write_bytes(b"")
    code, shown = on_a_terminal("batch", src, "--out", tmp_path / "out", "median:size=9")
    assert code == 1
    assert "/31" in shown and re.search(r"\d/s \d:\d\d:\d\d", shown) and "1 failed" in shown
    *_, named, counted = shown.replace("\r", "").strip().splitlines()
    assert named.endswith("broken.png: is empty")
    assert "30 written, 1 failed of 31" in counted


def test_plain_lines_elsewhere(src, tmp_path, capsys, monkeypatch):
    planned = batch.plan(src, tmp_path / "out", "blur")
    monkeypatch.setattr(batch_speech, "_EVERY", 0.0)
    lines = batch_speech.Lines(planned)
    lines.end(batch.execute(planned, report=lines, jobs=1))
    told = capsys.readouterr().err.splitlines()
    assert len(told) == len(NAMES)  # one after each but the last, and the counts
    assert re.fullmatch(r"imgkernels: 7 of 30, [\d.]+/s, \d+ s left", told[6])
    assert told[-1].startswith("imgkernels: 30 written of 30 in ")


def test_a_short_batch_says_one_line(src, tmp_path):
    with program("batch", src, "--out", tmp_path / "out", "blur") as process:
        out, err = process.communicate()
    assert (process.returncode, out) == (0, "")
    assert re.fullmatch(r"imgkernels: 30 written of 30 in [\d.]+ s \([\d.]+/s\)\n", err)


def test_notes_are_counted(src, tmp_path, cli):
    code, _, err = cli("batch", src, "--out", tmp_path / "o", "blur", "--format", "webp")
    assert code == 0 and err.count("\n") == 1
    pictures(tmp_path / "grey", ["a.png", "b.png"], (20, 30))
    code, _, err = cli(
        "batch", tmp_path / "grey", "--out", tmp_path / "o2", "blur", "--format=webp"
    )
    assert "note: 2 files: grey became RGB, WebP has no grey" in err


def damaged(path):
    """Write a JPEG whose pixels end early, though its end is there."""
    photo = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    ik.write(path, ik.Image.of(photo))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff\xd9")


def test_what_libjpeg_prints_is_told_as_ours(tmp_path):
    (tmp_path / "src").mkdir()
    damaged(tmp_path / "src" / "a.jpg")
    with program("batch", tmp_path / "src", "--out", tmp_path / "out", "blur") as process:
        _, err = process.communicate()
    assert process.returncode == 0
    assert all(line.startswith("imgkernels: ") for line in err.splitlines())
    assert "note: a library said: Corrupt JPEG data: premature end" in err


def test_both_decoders_agree(tmp_path):
    """What OpenCV decodes in batches is what Pillow decodes elsewhere, for sound and odd files."""
    paths = [tmp_path / f"{name}.jpg" for name in ("colour", "grey", "damaged", "odd")]
    dice = np.random.default_rng(0)
    ik.write(paths[0], dice.integers(0, 256, (97, 133, 3), np.uint8))
    ik.write(paths[1], dice.integers(0, 256, (97, 133), np.uint8))
    damaged(paths[2])
    ik.write(paths[3], dice.integers(0, 256, (1, 1, 3), np.uint8))
    due = [ik.read(path) for path in paths]
    with chatter.kept() as said:
        found = [ik.read(path) for path in paths]
        assert any("Corrupt JPEG" in line for line in said())  # so that it was OpenCV
    for one, other in zip(due, found, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert one.metadata == other.metadata
    data = paths[0].read_bytes()
    assert head_of(data) and not head_of(data[:-2])
    assert not head_of(data[:20] + b"\0" + data[20:])  # bytes between the segments
    empty = b"\xff\xe3\0\2"
    assert head_of(data[:20] + 100 * empty + data[20:])
    assert not head_of(data[:20] + 10_000 * empty + data[20:])
    paths[0].write_bytes(data[:-2])
    with chatter.kept(), pytest.raises(ik.ImgkernelsError, match="is truncated"):
        ik.read(paths[0])


def said_by_exif():
    found = PIL.Image.Exif()
    found[282], found[296], found[274] = IFDRational(300, 1), 2, 6
    return found.tobytes()


@pytest.mark.parametrize(
    "saved",
    [
        {"dpi": (72, 96)},
        {"comment": b"hello", "progressive": True},
        {"exif": said_by_exif(), "dpi": (50, 50)},
        {"exif": said_by_exif()},
        {"xmp": b"<x/>", "icc_profile": b"\0" * 16 + b"RGB " + bytes(70_000)},
        {"subsampling": 0, "restart_marker_rows": 1},
    ],
    ids=str,
)
def test_heads_are_read_as_pillow_reads_them(saved):
    """Size, profile, resolution, orientation and notes are those of the slower way."""
    x = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    out = io.BytesIO()
    PIL.Image.fromarray(x).save(out, "JPEG", **saved)
    data = out.getvalue()
    if set(saved) == {"exif"}:  # cameras write no JFIF
        data = data[:2] + data[20:]
    assert head_of(data) is not None
    due = ik.read(data)
    with chatter.kept():
        found = ik.read(data)
    np.testing.assert_array_equal(found.pixels, due.pixels)
    assert found.metadata == due.metadata
    with pytest.raises(ik.ImgkernelsError, match="pixels"), chatter.kept():
        ik.read(data, max_pixels=1199)


def test_the_corpus_decodes_alike_by_both(tmp_path):
    from test_faults_paths import IMAGES

    if not IMAGES.is_dir():
        pytest.skip(f"there are no corpora at {IMAGES}")

    def told(path):
        try:
            picture = ik.read(path, allow_truncated=True)
        except ik.ImgkernelsError as error:
            return str(error), None
        return picture.metadata, picture.pixels.tobytes()

    paths = [p for p in sorted(IMAGES.rglob("*")) if p.suffix.lower() in (".jpg", ".jpeg")]
    assert len(paths) > 20
    due = [told(path) for path in paths]
    with chatter.kept():
        assert [told(path) for path in paths] == due


def test_stderr_is_what_it_was(capfd):
    before = sys.stderr
    with chatter.kept() as said:
        os.write(2, b"from below\n")
        print("ours", file=sys.stderr)
        assert said() == ["from below"]
    assert sys.stderr is before
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "ours\nafter\n"


@pytest.mark.parametrize(
    "words",
    [
        ["SRC", "blur:sigma=1", "--out", "OUT"],
        ["--out=OUT", "SRC", "blur:sigma=1"],
        ["--out", "OUT", "SRC", "blur: sigma=1"],
        ["SRC", "--out", "OUT", "--preset", "MINE"],
    ],
)
def test_words_in_any_order(cli, src, tmp_path, words):
    (tmp_path / "mine.toml").write_text("[[steps]]\nblur = { sigma = 1 }\n")
    places = {"SRC": src, "OUT": tmp_path / "out", "MINE": tmp_path / "mine.toml"}
    for name, place in places.items():
        words = [word.replace(name, str(place)) for word in words]
    assert cli("batch", *words)[0] == 0
    due = ik.apply(ik.read(src / NAMES[0]), "blur", sigma=1.0)
    np.testing.assert_array_equal(ik.read(tmp_path / "out" / NAMES[0]).pixels, due.pixels)


def test_help_tells_of_every_word(cli):
    from imgkernels.shells.batch import FLAGS

    code, out, _ = cli("batch", "--help")
    assert code == 0
    assert all(f"--{flag.name.replace('_', '-')}" in out for flag in FLAGS)
