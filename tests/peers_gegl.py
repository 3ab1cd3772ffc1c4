"""GEGL's program as a function of arrays: PNG files in and out, of 16 bits out."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import imgkernels as ik

PROGRAM = shutil.which("gegl")
MISSING = None if PROGRAM else "GEGL's program gegl is not on the machine"


def gegl(x, *words):
    """Run operations on grey or RGB of 8 or 16 bits; the answer has the depth of x."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.png")
        ik.write(source, ik.Image.of(x))
        command = [PROGRAM, str(source), "-o", str(target), "--", *words]
        subprocess.run(command, check=True, capture_output=True)
        y = ik.read(target).pixels
    assert y.shape == x.shape, y.shape
    if y.dtype == x.dtype:
        return y
    return np.rint(y / 257).astype(x.dtype)
