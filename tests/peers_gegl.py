"""The program `gegl`, asked about pictures in memory."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import imgkernels as ik

MISSING = None if shutil.which("gegl") else "the program gegl is not installed"


def gegl(x, *words):
    """What a chain of GEGL's operations makes of a picture, in the depth that it has."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(Path(folder) / f"{name}.png") for name in ("in", "out"))
        ik.write(source, ik.Image.of(x))
        crop = ("gegl:crop", "x=0", "y=0", f"width={x.shape[1]}", f"height={x.shape[0]}")
        depth = f"bitdepth={8 * x.dtype.itemsize}"
        save = ("gegl:png-save", f"path={target}", depth)
        subprocess.run(
            ["gegl", source, "-o", target, "--", *words, *crop, *save],
            check=True,
            capture_output=True,
            timeout=60,
        )
        y = ik.read(target)
    pixels = y.pixels[..., :-1] if y.alpha else y.pixels
    return pixels[..., 0] if x.ndim == 2 and pixels.ndim == 3 else pixels
