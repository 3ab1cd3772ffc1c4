"""Faults: files that cannot be read or written, that vanish, and outputs that lead elsewhere."""

import errno
import importlib
import json
import os
import shutil
from pathlib import Path

import pytest
from batch_common import pictures, program, tree

from imgkernels import batch
from imgkernels.batch import journal
from imgkernels.files.formats import PICTURE_SUFFIXES

IMAGES = Path(__file__).parents[1] / ".." / "shared" / "corpora" / "images"


@pytest.fixture
def src(tmp_path):
    pictures(tmp_path / "src", ["a.png", "b.png", "c.png"])
    return tmp_path / "src"


def powerless(*words):
    """Run the command line as somebody whom permissions hold for, as they do not for root."""
    prefix = ()
    if not os.geteuid():
        if shutil.which("setpriv") is None:
            pytest.skip("permissions do not hold for root, and there is no setpriv to become less")
        prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
    with program(*words, prefix=prefix) as process:
        out, err = process.communicate()
    return process.returncode, out, err


def test_an_output_folder_that_is_read_only(tmp_path):
    pictures(tmp_path / "src", ["a.png", "b.png"])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(b"before")
    (tmp_path / "out" / "a.png").chmod(0o444)
    (tmp_path / "out").chmod(0o555)
    before = tree(tmp_path)
    code, _, stderr = powerless("batch", tmp_path / "src", "--out", tmp_path / "out", "blur")
    assert code == 1 and stderr.count("\n") == 1 and "Permission denied" in stderr
    code, _, stderr = powerless(
        "apply", "blur", tmp_path / "src" / "a.png", tmp_path / "out" / "b.png"
    )
    assert code == 1 and "Permission denied" in stderr
    code, _, stderr = powerless(
        "apply", "blur", tmp_path / "src" / "a.png", tmp_path / "out" / "a.png"
    )
    assert code == 1 and stderr.endswith("a.png: is read-only\n")
    code, _, stderr = powerless("batch", tmp_path / "src", "--out", tmp_path / "out" / "n", "blur")
    assert code == 1 and "cannot be made: Permission denied" in stderr
    assert tree(tmp_path) == before and os.listdir(tmp_path / "out") == ["a.png"]


def test_outputs_that_are_read_only_are_left(tmp_path):
    pictures(tmp_path / "src", ["a.png", "b.png"])
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").write_bytes(b"before")
    (out / "a.png").chmod(0o444)
    code, _, stderr = powerless("batch", tmp_path / "src", "--out", out, "blur")
    assert code == 1 and "a.png: is read-only" in stderr and "1 written, 1 failed" in stderr
    assert (out / "a.png").read_bytes() == b"before"
    assert sorted(os.listdir(out)) == ["a.png", "b.png", journal.NAME]


def test_a_file_that_may_not_be_read(tmp_path):
    pictures(tmp_path / "src", ["a.png", "b.png"])
    (tmp_path / "src" / "b.png").chmod(0)
    out = tmp_path / "out"
    out.mkdir()
    code, _, stderr = powerless("batch", tmp_path / "src", "--out", out, "blur")
    assert code == 1 and "b.png: Permission denied" in stderr and "1 written, 1 failed" in stderr
    code, _, stderr = powerless("apply", "blur", tmp_path / "src" / "b.png", out / "c.png")
    assert code == 1 and stderr.endswith("b.png: Permission denied\n")
    assert sorted(os.listdir(out)) == ["a.png", journal.NAME]


def test_inputs_that_vanish_or_are_no_files(src, tmp_path):
    (src / "dangling.png").symlink_to(src / "gone.png")
    os.mkfifo(src / "pipe.png")
    planned = batch.plan(src, tmp_path / "out", "blur")
    (src / "b.png").unlink()
    summary = batch.execute(planned)
    told = {outcome.job.output: outcome.error for outcome in summary.failures}
    missing = "No such file or directory"
    assert told == {"b.png": missing, "dangling.png": missing, "pipe.png": "is no file"}
    assert sorted(tree(tmp_path / "out")) == ["a.png", "c.png", journal.NAME]


def test_an_output_folder_that_vanishes(src, tmp_path):
    """A folder below comes again; nothing else is lost with it."""
    pictures(src, ["deep/d.png"])
    planned = batch.plan(src, tmp_path / "out", "blur")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "deep").write_bytes(b"a file where a folder is due")
    summary = batch.execute(planned)
    assert [outcome.job.output for outcome in summary.failures] == ["deep/d.png"]
    assert sorted(tree(tmp_path / "out")) == ["a.png", "b.png", "c.png", "deep", journal.NAME]


def test_an_output_folder_that_is_removed_is_not_said_to_be_written(cli, src, tmp_path):
    out = tmp_path / "out"

    def remove(outcome):
        if outcome.job.output == "b.png":
            shutil.rmtree(out)

    summary = batch.run(src, out, "blur", jobs=1, report=remove)
    assert summary.problem.startswith(f"{out}: was removed while the batch ran, and what lay")
    assert cli("batch", src, "--out", out, "blur")[0] == 0
    assert sorted(tree(out)) == ["a.png", "b.png", "c.png", journal.NAME]
    assert not batch.run(src, out, "blur").problem


@pytest.mark.parametrize("inside", ["folder", "file", "dangling"])
def test_links_that_leave_the_output_folder(cli, src, tmp_path, inside):
    pictures(src, ["deep/d.png"])
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    out.mkdir()
    elsewhere.mkdir()
    (elsewhere / "d.png").write_bytes(b"before")
    match inside:
        case "folder":
            (out / "deep").symlink_to(elsewhere)
        case "file":
            (out / "a.png").symlink_to(elsewhere / "d.png")
        case "dangling":
            (out / "a.png").symlink_to(elsewhere / "new.png")
    before = tree(tmp_path)
    code, _, stderr = cli("batch", src, "--out", out, "blur")
    assert code == 2 and "would be written outside of the output folder" in stderr
    assert tree(tmp_path) == before and not (elsewhere / "new.png").exists()


def test_a_link_within_the_output_folder_is_followed(src, tmp_path):
    out = tmp_path / "out"
    (out / "store").mkdir(parents=True)
    (out / "a.png").symlink_to(out / "store" / "a.png")
    assert not batch.run(src, out, "blur").failures
    assert (out / "a.png").is_symlink() and (out / "store" / "a.png").exists()


def test_a_link_put_there_during_the_batch_is_not_followed_out(src, tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    planned = batch.plan(src, out, "blur")
    out.mkdir()
    elsewhere.write_bytes(b"before")
    (out / "a.png").symlink_to(elsewhere)
    batch.execute(planned)
    assert elsewhere.read_bytes() == b"before"


def test_an_output_folder_that_is_a_link_is_the_users_wish(src, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    assert not batch.run(src, tmp_path / "out", "blur").failures
    assert sorted(tree(tmp_path / "real")) == ["a.png", "b.png", "c.png", journal.NAME]


def broken():
    if not IMAGES.is_dir():
        pytest.skip(f"there are no corpora at {IMAGES}")
    rows = json.loads((IMAGES / "manifest.json").read_text())
    due = [IMAGES / row["file"] for row in rows if row["expect"].startswith("reject")]
    return [path for path in due if path.suffix in PICTURE_SUFFIXES][::5][:10]


@pytest.fixture
def mixed(tmp_path):
    """40 pictures and 10 broken files."""
    pictures(tmp_path / "mixed", [f"{number:02}.png" for number in range(40)])
    for number, path in enumerate(broken()):
        shutil.copy(path, tmp_path / "mixed" / f"{4 * number + 3:02}-broken{path.suffix}")
    return tmp_path / "mixed"


def test_forty_are_written_and_ten_are_named(cli, mixed, tmp_path):
    code, stdout, stderr = cli("batch", mixed, "--out", tmp_path / "out", "blur")
    assert (code, stdout) == (1, "")
    *lines, last = stderr.splitlines()
    assert "40 written, 10 failed of 50" in last
    named = sorted(path.name for path in mixed.iterdir() if "broken" in path.name)
    assert len(named) == len(lines) == 10
    for name, line in zip(named, lines, strict=True):
        assert line.startswith("imgkernels: ") and f"{name}: " in line
    assert len(tree(tmp_path / "out")) == 41


def test_fail_fast_stops(cli, mixed, tmp_path):
    words = ("batch", mixed, "--out", tmp_path / "out", "blur", "--jobs", "1")
    code, _, stderr = cli(*words, "--fail-fast")
    assert code == 1 and " left of 50" in stderr
    assert len(tree(tmp_path / "out")) < 20
    code, _, stderr = cli(*words, "--resume")
    assert code == 1 and "whole already, 10 failed of 50" in stderr


def test_names_cannot_steer_a_terminal(cli, tmp_path):
    pictures(tmp_path / "src", ["good\x1b[31m.png"])
    names = ("\x1b[2J\u202e.png", "a\nb.png", os.fsdecode(b"\xff\xfe.png"))
    for name in names:
        (tmp_path / "src" / name).write_bytes(b"no picture")
    code, _, stderr = cli("batch", tmp_path / "src", "--out", tmp_path / "out", "blur")
    assert code == 1 and stderr.count("\n") == 4
    assert all(c.isprintable() or c == "\n" for c in stderr)
    code, stdout, _ = cli("batch", tmp_path / "src", "--out", tmp_path / "out", "blur", "--json")
    files = [event for event in map(json.loads, stdout.splitlines()) if event["event"] == "file"]
    assert {os.path.basename(event["source"]) for event in files} == {"good\x1b[31m.png", *names}
    code, stdout, _ = cli("batch", tmp_path / "src", "--out", tmp_path / "o", "blur", "--dry-run")
    assert all(c.isprintable() or c == "\n" for c in stdout)


def test_links_that_lead_in_circles_are_not_followed(src, tmp_path):
    """Two of them, a pattern that followed them would have 2 to the 40th names."""
    pictures(src, ["deep/d.png"])
    for name in ("one", "two", "deep/up"):
        (src / name).symlink_to(src)
    due = ["a.png", "b.png", "c.png", "deep/d.png"]
    for sources in (src, f"{src}/**/*.png", f"{src}/**", f"{tmp_path}/*c/**/?.png"):
        planned = batch.plan(sources, tmp_path / "out", "blur")
        assert sorted(job.output.removeprefix("src/") for job in planned.jobs) == due


@pytest.mark.parametrize("stored", [False, True])
def test_the_record_does_not_tell_of_what_the_disk_has_not_kept(src, tmp_path, monkeypatch, stored):
    def settle(folder):
        if not stored:
            raise OSError(errno.EIO, "the disk is gone")

    module = importlib.import_module("imgkernels.batch.run")  # hidden by the function
    monkeypatch.setattr(module, "settle", settle)
    summary = batch.run(src, tmp_path / "out", "blur")
    assert ("the disk is gone" in summary.problem) is not stored
    told = journal.read(tmp_path / "out" / journal.NAME)
    assert (told.end is not None) is stored and len(told.entries) == 3
