"""ImageMagick's convert as a function of arrays: PGM and PPM in and out through pipes."""

import shutil
import subprocess

import numpy as np

PROGRAM = shutil.which("convert")
MISSING = None if PROGRAM else "ImageMagick's convert is not on the machine"


def convert(x, *words):
    """Run `convert IN words OUT` on grey or RGB of 8 or 16 bits."""
    depth = 8 * x.dtype.itemsize
    height, width = x.shape[:2]
    kind, magic = ("pgm", "P5") if x.ndim == 2 else ("ppm", "P6")
    head = f"{magic}\n{width} {height}\n{2**depth - 1}\n".encode()
    body = x.astype(x.dtype.newbyteorder(">")).tobytes()
    command = [PROGRAM, f"{kind}:-", *map(str, words), "-depth", str(depth), f"{kind}:-"]
    done = subprocess.run(command, input=head + body, capture_output=True, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    pixels = done.stdout.split(b"\n", 3)[-1]
    found = np.frombuffer(pixels, x.dtype.newbyteorder(">")).astype(x.dtype)
    return found.reshape(x.shape)
