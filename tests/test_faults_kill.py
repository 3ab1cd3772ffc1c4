"""Faults: killed at random moments, again and again. `IMGKERNELS_NIGHTLY=1`: 50 times each."""

import random
import subprocess
import sys
import time

import pytest
from batch_common import NIGHTLY, kill, pictures, program, tree

import imgkernels as ik
from imgkernels import batch
from imgkernels.batch import journal

KILLS = 50 if NIGHTLY else 6
FILES = 60
NAMES = [f"{number % 3}/{number:02}.png" for number in range(FILES)]

# Inverting twice is nothing, so that the file is always one of two.
OVERWRITER = """
import sys
from imgkernels.shells.main import main
sys.argv = ["imgkernels", "apply", "invert", sys.argv[1], sys.argv[1], "--overwrite"]
main()
print("ready", flush=True)
while True:
    main()
"""


def test_killed_while_overwriting_the_file_is_whole(tmp_path):
    dice = random.Random(5)
    pictures(tmp_path, ["there/in.png"], (300, 300, 3))
    target = tmp_path / "there" / "in.png"
    ik.write(tmp_path / "inverted.png", ik.apply(ik.read(target), "invert"))
    states = {target.read_bytes(), (tmp_path / "inverted.png").read_bytes()}
    for _ in range(KILLS):
        command = [sys.executable, "-c", OVERWRITER, str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(dice.uniform(0, 0.1))
            process.kill()
        assert target.read_bytes() in states
    with program("apply", "invert", target, target, "--overwrite") as process:
        assert process.communicate()[1] == ""
    assert [path.name for path in target.parent.iterdir()] == ["in.png"]
    assert target.read_bytes() in states


@pytest.fixture
def src(tmp_path):
    pictures(tmp_path / "src", NAMES, (150, 200, 3))
    return tmp_path / "src"


def killed_batches(words, whole):
    """Kill a batch that goes on each time; call `whole` after each; yield at each end."""
    dice = random.Random(7)
    kills = 0
    while kills < KILLS:
        process = program("batch", *words, "--resume", "--json")
        assert '"start"' in process.stdout.readline()
        time.sleep(dice.uniform(0, 0.25))
        ended = process.poll() is not None
        kill(process)
        kills += not ended
        whole()
        if ended:
            yield
    with program("batch", *words, "--resume") as process:
        _, stderr = process.communicate()
        assert process.returncode == 0, stderr
    yield


def test_killed_batches_leave_files_old_or_new_and_end_like_one_that_was_not(src, tmp_path):
    out, due = tmp_path / "out", tmp_path / "due"
    batch.run(src, due, "median:size=5")
    new = tree(due)
    old = dict.fromkeys(NAMES, b"what was there before")

    def begin():
        for path in out.rglob("*.*"):
            if path.is_file():
                path.unlink()
        for name, data in old.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(data)

    def whole():
        now = tree(out)
        assert all(now[name] in (old[name], new[name]) for name in NAMES)

    begin()
    for _ in killed_batches([src, "--out", out, "median:size=5"], whole):
        assert tree(out) == new  # byte for byte, the record too, and nothing is left over
        begin()


def test_killed_batches_in_place_filter_each_file_once(src, tmp_path):
    batch.run(src, tmp_path / "due", "sharpen")
    old, new = tree(src), tree(tmp_path / "due")
    del new[journal.NAME]

    def whole():
        now = tree(src)
        assert all(now[name] in (old[name], new[name]) for name in NAMES)

    for _ in killed_batches([src, "--out", src, "sharpen", "--overwrite"], whole):
        now = tree(src)
        assert now.pop(journal.NAME)
        assert now == new
        for name, data in old.items():
            (src / name).write_bytes(data)
        (src / journal.NAME).unlink()
