"""GNU Octave with its image package as a function of arrays: one process, files between."""

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from scipy import io

PROGRAM = shutil.which("octave-cli")


@functools.cache
def missing():
    """Why it cannot be asked, or None."""
    if PROGRAM is None:
        return "octave-cli is not on the machine"
    words = [PROGRAM, "-qf", "--eval", "pkg load image"]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        return "Octave's image package is not on the machine"
    return None


@functools.cache
def _process():
    folder = tempfile.TemporaryDirectory()
    octave = subprocess.Popen(
        [PROGRAM, "-qf", "--no-line-editing"], stdin=-1, stdout=-1, stderr=subprocess.STDOUT,
        text=True, cwd=folder.name,
    )  # fmt: skip
    octave.stdin.write("pkg load image\n")
    atexit.register(folder.cleanup)
    atexit.register(octave.kill)
    return octave, Path(folder.name)


def octave(x, expression, **more):
    """Evaluate an expression of the array x and of others by name; what it prints is an error."""
    process, folder = _process()
    io.savemat(folder / "in.mat", {"x": x, **more})
    lines = f"load in.mat; y = {expression}; save -v7 out.mat y; disp('done')\n"
    process.stdin.write(lines)
    process.stdin.flush()
    said = process.stdout.readline().strip()
    assert said == "done", said
    return io.loadmat(folder / "out.mat")["y"].astype(x.dtype, copy=False).reshape(x.shape)
