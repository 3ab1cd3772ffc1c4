"""Tiles: what a big picture takes of memory, and how soon Ctrl-C ends it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import imgkernels as ik

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))
MIB = 1 << 20
SOON = 0.2  # seconds from Ctrl-C to the end
TRIES = 6  # the machine may be busy with something else
MEASURE = """
import sys
from imgkernels.shells.main import main
try:
    main()
except SystemExit as end:
    assert not end.code
print(open('/proc/self/status').read(), file=sys.stderr)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def photograph(path, height, width):
    """Write a picture with shades and grain."""
    y, x = np.mgrid[:height, :width].astype(np.float32) / max(height, width)
    grain = np.random.default_rng(0).integers(0, 8, (height, 1, 3)).astype(np.uint8)
    shades = np.stack([y, x, 1 - x], axis=-1) * 240
    ik.write(path, shades.astype(np.uint8) + grain)
    return path


def peak(source, target):
    """Return the most memory, in bytes, that `apply blur` took."""
    words = ["apply", "blur", str(source), str(target)]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *words], capture_output=True, text=True, check=True
    )
    return int(re.search(r"VmHWM:\s+(\d+) kB", done.stderr)[1]) * 1024


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_12_megapixels_take_150_mib_over_an_idle_process(tmp_path, suffix):
    small = photograph(tmp_path / f"small.{suffix}", 30, 40)
    large = photograph(tmp_path / f"large.{suffix}", 3000, 4000)
    idle, busy = (peak(path, tmp_path / f"out.{suffix}") for path in (small, large))
    assert busy - idle <= 150 * MIB


@pytest.mark.skipif(not NIGHTLY, reason="a picture of 100 Mpx; IMGKERNELS_NIGHTLY=1 takes it")
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_100_megapixels_take_700_mib(tmp_path, suffix):
    large = photograph(tmp_path / f"large.{suffix}", 8660, 11547)
    assert peak(large, tmp_path / f"out.{suffix}") <= 700 * MIB


def test_an_8_bit_pipeline_holds_no_floats_of_the_whole_image():
    """Neither for steps that follow each other: a float image would be four times as large."""
    x = np.zeros((3000, 4000, 3), np.uint8)
    code = (
        "import numpy as np, imgkernels as ik, sys\n"
        "x = np.zeros((30, 40, 3), np.uint8).repeat(int(sys.argv[1]), 0).repeat(100, 1)\n"
        "ik.Pipeline.parse('blur | sharpen | sobel-x')(x)\n"
        "print(open('/proc/self/status').read())\n"
    )
    idle, busy = (
        int(re.search(r"VmHWM:\s+(\d+)", subprocess.run(
            [sys.executable, "-c", code, str(times)], capture_output=True, text=True, check=True
        ).stdout)[1]) * 1024
        for times in (1, 100)
    )  # fmt: skip
    assert busy - idle < 3 * x.nbytes


def worked(job):
    """Return the seconds of processor time that a process took until now."""
    with open(f"/proc/{job.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def held_by(job):
    """Return the bytes of memory that a process has now."""
    with open(f"/proc/{job.pid}/status") as status:
        found = re.search(r"VmRSS:\s+(\d+)", status.read())
    return int(found[1]) * 1024 if found else 0


MEDIAN = "median", "--size", "31"  # takes long enough for every moment


@pytest.mark.parametrize(
    ("words", "later"),
    [
        (("blur", "--sigma", "9"), 0),
        (MEDIAN, 0),
        (MEDIAN, 0.15),  # while a library is imported
        (MEDIAN, 0.3),  # while a loop is compiled
        (MEDIAN, 0.6),
    ],
)
def test_ctrl_c_ends_the_command_at_once(tmp_path, words, later):
    """With 130, one line, and nothing half-written."""
    source = photograph(tmp_path / "large.npy", 4000, 4000)
    target = tmp_path / "out.npy"
    ask = [sys.executable, "-m", "imgkernels", "apply", words[0], source, target, *words[1:]]
    took = []
    for _ in range(TRIES):
        with subprocess.Popen(ask, stderr=subprocess.PIPE) as job:
            while job.poll() is None and held_by(job) < 2 * 48 * MIB:  # it is read by then
                time.sleep(0.01)
            time.sleep(later)
            if job.poll() is None:
                sent, busy = time.perf_counter(), worked(job)
                job.send_signal(signal.SIGINT)
                err = job.stderr.read()
                _, status, used = os.wait4(job.pid, 0)
                job.returncode = os.waitstatus_to_exitcode(status)
                spent = used.ru_utime + used.ru_stime - busy
                took.append(min(time.perf_counter() - sent, spent))  # others may hold the cores
                assert job.returncode == 130
                assert err == b"imgkernels: interrupted; nothing was written\n"
        target.unlink(missing_ok=True)
        assert os.listdir(tmp_path) == ["large.npy"]
        if took and min(took) < SOON:
            return
    assert min(took) < SOON


@pytest.mark.parametrize("threads", ["1", "2", "4"])
def test_ctrl_c_in_python_is_raised_and_threads_end(monkeypatch, threads):
    """Also within a tile that would take seconds."""
    monkeypatch.setenv("IMGKERNELS_THREADS", threads)
    x = np.random.default_rng(0).random((3000, 3000))  # of doubles: no loop is compiled
    before, took = threading.active_count(), []
    for _ in range(TRIES):
        sent = []

        def send(sent=sent):
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)

        clock = threading.Timer(0.5, send)
        clock.start()
        with pytest.raises(KeyboardInterrupt):
            ik.apply(x, "median", size=31)
        took.append(time.perf_counter() - sent[0])
        clock.join()
        assert threading.active_count() == before
        if min(took) < SOON:
            return
    assert min(took) < SOON
