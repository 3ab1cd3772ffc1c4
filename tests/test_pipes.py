"""Pipes and closed streams: nobody waits for a writer who never comes, nothing gets mixed up."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import imgkernels as ik
from imgkernels import pipes
from imgkernels.errors import FileProblem
from imgkernels.small_file import small_file

X = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path / "pipe.png"


@pytest.mark.parametrize("take", [ik.read, lambda path: small_file(path, "it")])
def test_a_pipe_that_nobody_writes_to_is_refused(pipe, monkeypatch, take):
    monkeypatch.setattr(pipes, "_PATIENCE", 0.1)
    with pytest.raises(FileProblem, match=r"pipe\.png: is a pipe that nobody writes to$"):
        take(pipe)


def test_what_is_written_to_a_pipe_is_read_however_late_it_comes(tmp_path, pipe, monkeypatch):
    monkeypatch.setattr(pipes, "_PATIENCE", 0.5)
    ik.write(tmp_path / "x.png", X)
    data = (tmp_path / "x.png").read_bytes()

    def slowly():
        time.sleep(0.1)
        with open(pipe, "wb", buffering=0) as file:  # a writer who takes longer than the patience
            time.sleep(0.7)
            for start in range(0, len(data), 1000):
                file.write(data[start : start + 1000])

    writer = threading.Thread(target=slowly)
    writer.start()
    np.testing.assert_array_equal(ik.read(pipe).pixels, X)
    writer.join()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("verb", ["apply", "batch"])
def test_standard_streams_that_are_closed_change_nothing(tmp_path, verb, closed):
    ik.write(tmp_path / "a.png", X)
    words = "apply blur a.png out/a.png" if verb == "apply" else "batch a.png --out out blur"
    (tmp_path / "out").mkdir()
    command = f"exec {sys.executable} -m imgkernels {words} {closed}"
    done = subprocess.run(command, shell=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0
    np.testing.assert_array_equal(ik.read(tmp_path / "out" / "a.png").pixels, ik.apply(X, "blur"))
