"""What the tests of batches and of faults share: pictures, trees of files, the program itself."""

import os
import signal
import subprocess
import sys
import time

import numpy as np

import imgkernels as ik

NIGHTLY = bool(os.environ.get("IMGKERNELS_NIGHTLY"))


def pictures(folder, names, shape=(40, 60, 3)):
    """Write noise under these names, each another."""
    for seed, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        ik.write(path, ik.Image.of(pixels))


def tree(folder):
    """Return every file below a folder with its bytes."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def program(*words, prefix=()):
    """Start the command line as a process and a group of its own."""
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "imgkernels", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=30):
    """Wait until something is so; fail after a time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "this did not come about in time"
        time.sleep(0.002)


def alone(process):
    """Tell whether nothing is left of a process's group."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def kill(process):
    """Kill it as nothing can be prepared for."""
    process.send_signal(signal.SIGKILL)
    process.communicate()
