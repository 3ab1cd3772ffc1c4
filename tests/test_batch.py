"""Batches: which files are meant, what they become, and what is refused before any work."""

import hashlib
import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from batch_common import pictures, tree

import imgkernels as ik
from imgkernels import batch
from imgkernels.batch import journal
from imgkernels.batch.names import Template
from imgkernels.batch.sources import found
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.files import atomic

STEPS = "median | sharpen"
NAMES = ("a.png", "b.jpg", "deep/c.tif", "deep/er/d.ppm")


@pytest.fixture
def src(tmp_path):
    pictures(tmp_path / "src", NAMES)
    (tmp_path / "src" / "notes.txt").write_text("1 2 3")
    (tmp_path / "src" / ".hidden.png").write_bytes(b"no picture")
    return tmp_path / "src"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def outputs(folder):
    return {name: data for name, data in tree(folder).items() if name != journal.NAME}


def test_outputs_are_what_the_pipeline_makes_and_folders_are_mirrored(src, out):
    summary = batch.run(src, out, STEPS)
    assert summary.count(batch.Status.WRITTEN) == 4 and not summary.failures and not summary.left
    assert sorted(outputs(out)) == sorted(NAMES)
    for name in NAMES:
        due = ik.Pipeline.parse(STEPS)(ik.read(src / name))
        ik.write(out / f"due-{os.path.basename(name)}", due)
        assert (out / f"due-{os.path.basename(name)}").read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_bytes_and_record_do_not_depend_on_how_many_work(src, out, jobs, tmp_path):
    batch.run(src, tmp_path / "due", STEPS, jobs=1)
    batch.run(src, out, STEPS, jobs=jobs)
    assert tree(out) == tree(tmp_path / "due")


def test_options_are_those_of_apply(src, out):
    mask = np.zeros((40, 60), np.uint8)
    mask[:, :30] = 255
    batch.run(
        src, out, "sobel-x", border="wrap", range="offset", channels="luma", mask=mask, spacing=2.0
    )
    due = ik.apply(
        ik.read(src / "a.png"),
        "sobel-x",
        border="wrap",
        range="offset",
        channels="luma",
        mask=mask,
        spacing=2.0,
    )
    np.testing.assert_array_equal(ik.read(out / "a.png").pixels, due.pixels)


def test_patterns_files_and_lists(src, out, cli, tmp_path):
    def names(*sources):
        given = [str(src / source) for source in sources]
        return [os.path.join(f.folder, os.path.basename(f.path)) for f in found(given, str(out))]

    assert names("**/*.[tp]*") == ["a.png", "deep/c.tif", "deep/er/d.ppm", "notes.txt"]
    assert names("*") == ["a.png", "b.jpg", "deep/c.tif", "deep/er/d.ppm", "notes.txt"]
    assert names("deep/*/*.ppm") == ["er/d.ppm"]
    assert names("deep/c.tif", "notes.txt", "deep/c.tif") == ["c.tif", "notes.txt"]
    listed = tmp_path / "list"
    listed.write_bytes(os.fsencode(src / "a.png") + b"\0" + os.fsencode(src / "b.jpg") + b"\0")
    assert cli("batch", "--from-file", listed, "--out", out, "blur")[0] == 0
    assert sorted(outputs(out)) == ["a.png", "b.jpg"]


def test_outputs_of_an_earlier_run_are_no_inputs(src):
    for _ in range(2):
        batch.run(src, src / "out", "invert")
    assert sorted(outputs(src / "out")) == sorted(NAMES)
    for _ in range(2):
        batch.run(f"{src}/**/*.jpg", src / "other", "invert")
    assert sorted(outputs(src / "other")) == ["b.jpg", "out/b.jpg"]  # what was there before


def test_formats_and_names(src, out):
    batch.run(src, out, "blur", name="{parent}/{stem}-{index:02}.{ext}", format="png")
    assert sorted(outputs(out)) == [
        "deep/deep/c-03.png",
        "deep/er/er/d-04.png",
        "src/a-01.png",
        "src/b-02.png",
    ]


def test_a_name_without_a_known_suffix_keeps_the_format(src, out):
    (src / "b.jpg").rename(src / "picture.of.me")
    assert not batch.run(src / "picture.of.me", out, "blur").failures
    assert ik.read(out / "picture.of.me").metadata.format == "jpeg"


@pytest.mark.parametrize(
    "text",
    ["../{stem}.png", "/tmp/{stem}.png", "a/../../{name}", "", "{stem}/", ".", "a//b.png", "\0"],
)
def test_templates_that_leave_the_folder_are_refused(text):
    with pytest.raises(InvalidValue, match="must stay in the output folder"):
        Template.parse(text)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("{stemm}", UnknownName, "did you mean 'stem'"),
        ("{stem.__class__}", UnknownName, "no field"),
        ("{0}", UnknownName, "no field"),
        ("{}", UnknownName, "no field"),
        ("{stem", InvalidValue, "braces"),
        ("{stem!r}", InvalidValue, "takes a form"),
        ("{index:999999999}", InvalidValue, "takes a form"),
        ("{stem:>9}", InvalidValue, "takes a form"),
    ],
)
def test_templates_with_mistakes_are_refused(text, error, message):
    with pytest.raises(error, match=message):
        Template.parse(text)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["GONE", "--out", "OUT", "blur"], "there is no such file or folder"),
        (["SRC/*.gif", "--out", "OUT", "blur"], "no file matches"),
        (["EMPTY", "--out", "OUT", "blur"], "there are no pictures"),
        (["SRC", "--out", "OUT"], "give SRC --out DIR and steps"),
        (["SRC", "--out", "OUT", "blurr"], "'blurr' is no filter; did you mean 'blur'?"),
        (["SRC", "--out", "OUT", "blur:sigmma=2"], "no parameter 'sigmma'"),
        (["SRC", "--out", "OUT", "blur", "--border", "mirrored"], "no border 'mirrored'"),
        (["SRC", "--out", "OUT", "blur", "--jobs", "0"], "jobs must be 1 or more"),
        (["SRC", "--out", "OUT", "blur", "--format", "jpg2"], "no file format 'jpg2'"),
        (["SRC", "--out", "OUT", "blur", "--name", "{stem}.xyz"], "no format is known"),
        (["SRC", "--out", "OUT", "blur", "--name", "x.png"], "would each be written to x.png"),
        (["SRC/a.png", "SRC/b.jpg", "--out", "OUT", "blur", "--name", "x.png"], "--name '{parent}"),
        (["SRC", "--out", "SRC", "blur"], "is its own input; --overwrite replaces it"),
        (
            ["SRC/a.png", "SRC/b.jpg", "--out", "SRC", "blur", "--name", "b.jpg", "--overwrite"],
            "b.jpg",
        ),
        (["SRC", "--out", "SRC/a.png", "blur"], "is no folder"),
        (["SRC", "blur"], "--out"),
        (["SRC", "--out", "OUT", "blur", "--like", "opencvv"], "did you mean 'opencv'?"),
        (["SRC", "--out", "OUT", "blur", "--max-pixels", "0"], "max_pixels must be 1 or more"),
    ],
)
def test_mistakes_are_refused_before_any_work(cli, src, out, tmp_path, words, message):
    (tmp_path / "empty").mkdir()
    places = {"SRC": str(src), "OUT": str(out), "EMPTY": str(tmp_path / "empty"), "GONE": "gone"}

    def placed(word):
        head, slash, rest = word.partition("/")
        return places.get(head, head) + slash + rest

    before = tree(tmp_path)
    code, stdout, stderr = cli("batch", *map(placed, words))
    assert (code, stdout) == (2, "")
    assert message in stderr and "Traceback" not in stderr
    assert tree(tmp_path) == before and not out.exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_an_output_may_not_be_another_input(src, overwrite):
    (src / "a.png").rename(src / "bb.jpg")
    before = tree(src)
    with pytest.raises(InvalidValue, match=r"bb\.jpg is an input"):
        batch.run([src / "b.jpg", src / "bb.jpg"], src, "blur", name="b{name}", overwrite=overwrite)
    assert tree(src) == before


def test_dry_run_says_and_does_nothing(cli, src, out, tmp_path):
    before = tree(tmp_path)
    code, stdout, stderr = cli("batch", src, "--out", out, "blur", "--dry-run")
    assert code == 0 and len(stdout.splitlines()) == 4 and "nothing was done" in stderr
    assert f"{src}/deep/c.tif -> {out}/deep/c.tif" in stdout
    assert tree(tmp_path) == before and not out.exists()
    code, stdout, _ = cli("batch", src, "--out", out, "blur", "--dry-run", "--json")
    assert [json.loads(line)["output"] for line in stdout.splitlines()] == list(NAMES)


def test_events_are_json_lines(cli, src, out):
    (src / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    code, stdout, _ = cli("batch", src, "--out", out, "blur", "--json")
    events = [json.loads(line) for line in stdout.splitlines()]
    assert code == 1
    assert [e["event"] for e in events] == ["start", *["file"] * 5, "end"]
    failed = next(e for e in events if e.get("status") == "failed")
    assert failed["output"] == "broken.png" and "truncated" in failed["error"]
    assert (events[-1]["written"], events[-1]["failed"], events[-1]["left"]) == (4, 1, 0)


def test_jobs_travel_to_other_processes(src, out):
    planned = batch.plan(src, out, STEPS, border="wrap")
    code = (
        "import pickle, sys\nfrom imgkernels.batch import process\n"
        "jobs, manner = pickle.load(sys.stdin.buffer)\n"
        "outcomes = [process(job, manner) for job in jobs]\n"
        "sys.stdout.buffer.write(pickle.dumps(outcomes))\n"
    )
    given = pickle.dumps((planned.jobs, planned.manner))
    done = subprocess.run(
        [sys.executable, "-c", code], input=given, capture_output=True, check=True
    )
    assert [each.status for each in pickle.loads(done.stdout)] == [batch.Status.WRITTEN] * 4
    there = outputs(out)
    batch.run(src, out, STEPS, border="wrap")
    assert outputs(out) == there


# --- the journal ---------------------------------------------------------------------------


def statuses(summary):
    return {outcome.job.output: str(outcome.status) for outcome in summary.outcomes}


def test_resume_does_nothing_again_that_is_whole(src, out):
    batch.run(src, out, STEPS)
    times = {
        path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.name != journal.NAME
    }
    assert set(statuses(batch.run(src, out, STEPS, resume=True)).values()) == {"whole"}
    assert {path: path.stat().st_mtime_ns for path in times} == times


def change_pixels(path):
    other = np.random.default_rng(9).integers(0, 256, (40, 60, 3), np.uint8)
    ik.write(path, ik.Image.of(other))


def change(path):
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("what", ["output", "gone", "input", "line", "cut"])
def test_resume_trusts_nothing_that_is_not_whole(src, out, what):
    batch.run(src, out, STEPS)
    due = tree(out)
    record = out / journal.NAME
    match what:
        case "output":
            change(out / "a.png")  # of the same length, so that only its digest tells
        case "gone":
            (out / "a.png").unlink()
        case "input":
            change_pixels(src / "a.png")
        case "line":  # a line that fits what the file became, so that only its checksum tells
            before = hashlib.sha256(due["a.png"]).hexdigest()
            change(out / "a.png")
            now = hashlib.sha256((out / "a.png").read_bytes()).hexdigest()
            record.write_text(record.read_text().replace(before, now))
        case "cut":
            data = record.read_bytes()
            record.write_bytes(data[: data.index(b'"output": "a.png"')])
    done = statuses(batch.run(src, out, STEPS, resume=True))
    assert done.pop("a.png") == "written"
    assert set(done.values()) == ({"written"} if what == "cut" else {"whole"})
    if what != "input":
        assert tree(out) == due


def test_what_a_killed_batch_left_is_swept_where_nothing_is_written(src, out):
    batch.run(src, out, STEPS)
    due = tree(out)
    (out / "deep" / ".c.tif.imgkernels-1-0.tmp").write_bytes(b"half")
    atomic._swept.clear()
    batch.run(src, out, STEPS, resume=True)
    assert tree(out) == due


@pytest.mark.parametrize("other", [{"pipeline": "median"}, {"border": "wrap"}, {"format": "png"}])
def test_resume_trusts_no_other_run(src, out, other):
    batch.run(src, out, STEPS)
    pipeline = other.pop("pipeline", STEPS)
    done = statuses(batch.run(src, out, pipeline, resume=True, **other))
    assert set(done.values()) == {"written"}


def test_resume_trusts_no_other_version(src, out, monkeypatch):
    batch.run(src, out, STEPS)
    monkeypatch.setattr("imgkernels.batch.head.__version__", "9.9")
    assert set(statuses(batch.run(src, out, STEPS, resume=True)).values()) == {"written"}


@pytest.mark.parametrize("given", ["array", "file"])
def test_resume_knows_the_mask(src, out, tmp_path, given):
    for level in (0, 255):
        mask = np.full((40, 60), level, np.uint8)
        ik.write(tmp_path / "mask.png", ik.Image.of(mask))
        word = mask if given == "array" else tmp_path / "mask.png"
        done = statuses(batch.run(src, out, STEPS, mask=word, resume=True))
        assert set(done.values()) == {"written"}
    assert set(statuses(batch.run(src, out, STEPS, mask=word, resume=True)).values()) == {"whole"}


def test_a_failure_is_tried_again(src, out):
    good = (src / "a.png").read_bytes()
    (src / "a.png").write_bytes(good[:100])
    assert statuses(batch.run(src, out, STEPS))["a.png"] == "failed"
    (src / "a.png").write_bytes(good)
    done = statuses(batch.run(src, out, STEPS, resume=True))
    assert done.pop("a.png") == "written" and set(done.values()) == {"whole"}


def test_the_record_says_what_was_done(src, out):
    (src / "broken.png").write_bytes(b"")
    batch.run(src, out, STEPS, border="wrap")
    told = journal.read(out / journal.NAME)
    assert ik.Pipeline.from_toml(told.head["pipeline"]) == ik.Pipeline.parse(STEPS)
    assert told.head["options"] == {"border": "wrap"}
    assert told.head["versions"]["imgkernels"] == ik.__version__
    assert sorted(told.entries) == sorted(NAMES)
    assert told.end == {"failed": [{"source": str(src / "broken.png"), "error": "is empty"}]}
    for line in (out / journal.NAME).read_text().splitlines():
        json.loads(line)


def test_in_place_is_done_once_however_often_it_goes_on(src, tmp_path):
    batch.run(src, tmp_path / "due", "invert")
    due = outputs(tmp_path / "due")
    first = batch.run(src, src, "invert", overwrite=True)
    assert set(statuses(first).values()) == {"written"}
    again = batch.run(src, src, "invert", overwrite=True, resume=True)
    assert set(statuses(again).values()) == {"whole"}
    assert {name: data for name, data in outputs(src).items() if name in NAMES} == due


def test_an_interrupted_batch_in_place_is_not_begun_anew_by_accident(src):
    batch.run(src, src, "invert", overwrite=True)
    record = src / journal.NAME
    record.write_bytes(b"".join(record.read_bytes().splitlines(keepends=True)[:-2]))
    before = tree(src)
    with pytest.raises(InvalidValue, match="--resume goes on"):
        batch.run(src, src, "invert", overwrite=True)
    assert tree(src) == before


def test_a_recorded_batch_runs_again_to_the_same_bytes(cli, src, out, tmp_path):
    words = ("--border", "wrap", "--format", "png", "--name", "{stem}-x.{ext}")
    assert cli("batch", src, "--out", out, *STEPS.split(" | "), *words)[0] == 0
    record = out / journal.NAME
    code, _, err = cli("batch", "--repeat", record, "--out", tmp_path / "again")
    assert code == 0 and "note: 4 of 4 outputs are byte for byte those of the record" in err
    assert tree(tmp_path / "again") == tree(out)
    change_pixels(src / "a.png")
    code, _, err = cli("batch", "--repeat", record, "--out", tmp_path / "again")
    assert code == 0 and "a-x.png is not as recorded: its input has changed" in err
    assert "note: 3 of 4 outputs" in err
    code, out_, _ = cli("batch", "--repeat", record, "--out", tmp_path / "again", "--json")
    events = [json.loads(line) for line in out_.splitlines()]
    assert [e["output"] for e in events if e["event"] == "differs"] == ["a-x.png"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--border", "wrap"], 2, "from the record; got --border"),
        (["SRC", "blur"], 2, "from the record; got"),
        (["--mask", "SRC/a.png"], 2, "the recorded run had a mask; give --mask too, or neither"),
        (["--out", "SRC"], 2, "is its own input"),
        (["--repeat", "SRC/a.png"], 1, "a.png: is no record of a batch"),
    ],
)
def test_mistakes_with_records(cli, src, out, tmp_path, words, code, message):
    batch.run(src, out, STEPS)
    before = tree(tmp_path)
    words = [word.replace("SRC", str(src)) for word in words]
    found = cli("batch", "--repeat", out / journal.NAME, "--out", tmp_path / "again", *words)
    assert found[0] == code and message in found[2]
    assert tree(tmp_path) == before


def test_the_engine_is_told_how_many_files_come(src, out, monkeypatch):
    asked = []
    real = ik.Pipeline.__call__
    monkeypatch.setattr(
        ik.Pipeline,
        "__call__",
        lambda self, image, **given: (
            asked.append(given.get("repeat")) or real(self, image, **given)
        ),
    )
    batch.run(src, out, STEPS)
    assert asked == [None, 4, 4, 4, 4]  # the first tries the options out
