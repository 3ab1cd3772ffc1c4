"""Faults: Ctrl-C and SIGTERM in a batch. `IMGKERNELS_NIGHTLY=1`: 20 times, as promised."""

import json
import os
import random
import re
import signal
import threading
import time

import pytest
from batch_common import NIGHTLY, alone, pictures, program, tree, wait_for

from imgkernels import batch
from imgkernels.batch import Job, Outcome, Status, journal
from imgkernels.batch.crew import Crew

TIMES = 20 if NIGHTLY else 4
FILES = 50
NAMES = [f"{number:02}.png" for number in range(FILES)]
SAID = re.compile(r"imgkernels: interrupted; (\d+) written, (\d+) left of 50 in .*--resume goes on")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return 50 pictures, and what becomes of them."""
    place = tmp_path_factory.mktemp("interrupt")
    pictures(place / "src", NAMES, (400, 400, 3))
    batch.run(place / "src", place / "due", "median:size=5")
    return place / "src", tree(place / "due")


def interrupted(process, sign=signal.SIGINT):
    """Send the signal; return exit code, what was said, and the seconds it took."""
    started = time.monotonic()
    process.send_signal(sign)
    stdout, stderr = process.communicate(timeout=10)
    return process.returncode, stdout, stderr, time.monotonic() - started


@pytest.mark.parametrize("number", range(TIMES))
def test_an_interrupted_batch_says_so_in_time_and_leaves_whole_files(made, tmp_path, number):
    src, due = made
    out = tmp_path / "out"
    process = program("batch", src, "--out", out, "median:size=5")
    wait_for((out / NAMES[0]).exists)
    time.sleep(random.Random(number).uniform(0, 0.15))
    sign = signal.SIGTERM if number % 4 == 3 else signal.SIGINT
    code, stdout, stderr, seconds = interrupted(process, sign)
    assert (code, stdout) == (130, "") and seconds < 2
    assert alone(process)
    written, left = map(int, SAID.fullmatch(stderr.strip()).groups())
    there = tree(out)
    del there[journal.NAME]
    assert written + left == FILES and len(there) == written > 0
    assert there.items() <= due.items()


def test_a_filter_that_takes_long_is_not_waited_for(tmp_path):
    pictures(tmp_path / "src", NAMES[:3], (900, 900, 3))
    out = tmp_path / "out"
    steps = ["bilateral"] * 200
    process = program("batch", tmp_path / "src", "--out", out, *steps, "--json")
    wait_for((out / journal.NAME).exists)
    time.sleep(0.3)
    code, stdout, _, seconds = interrupted(process)
    assert code == 130 and seconds < 2
    last = json.loads(stdout.splitlines()[-1])
    assert (last["event"], last["interrupted"], last["left"]) == ("end", True, 3)
    assert list(tree(out)) == [journal.NAME]


def test_python_is_interrupted_too(made, tmp_path):
    src, due = made
    ours = os.getpid()

    def stop(outcome):
        if outcome.job.output == NAMES[5]:
            threading.Thread(target=os.kill, args=(ours, signal.SIGINT)).start()

    with pytest.raises(batch.Interrupted) as ended:
        batch.run(src, tmp_path / "out", "median:size=5", report=stop)
    summary = ended.value.summary
    assert summary.left == FILES - len(summary.outcomes) > 0
    wait_for(lambda: threading.active_count() == 1)
    there = tree(tmp_path / "out")
    del there[journal.NAME]
    assert sorted(there) == sorted(outcome.job.output for outcome in summary.outcomes)
    assert there.items() <= due.items()


def test_what_was_given_when_the_signal_came_is_counted(made, tmp_path):
    """It may come just then: an outcome that was taken from the crew and not yet looked at."""
    src, _ = made
    seen = []

    def interrupted_once(outcome):
        seen.append(outcome.job.output)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(batch.Interrupted) as ended:
        batch.run(src, tmp_path / "out", "blur", report=interrupted_once)
    there = tree(tmp_path / "out")
    del there[journal.NAME]
    assert sorted(there) == sorted(each.job.output for each in ended.value.summary.outcomes)
    assert len(set(seen)) == len(seen) == len(there)


def test_a_crew_gives_again_what_its_reader_lost():
    jobs = [Job(name, name, name) for name in NAMES[:5]]
    crew = Crew(jobs, lambda job, turn, stopped: Outcome(job, Status.WHOLE), 1)
    next(iter(crew))  # taken, and lost
    assert sorted(each.job.output for each in crew.rest(5)) == NAMES[:5]
    assert not crew.at_work
