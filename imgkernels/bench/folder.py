"""A folder of JPEGs: `imgkernels batch` against the loop on two threads that one writes by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from imgkernels.bench import process
from imgkernels.bench.measure import Row
from imgkernels.bench.timing import quarters, ratios
from imgkernels.image import Image

_SIDE, _SIGMA, _DIFFERENT = 512, 2, 20
_OURS = "from imgkernels.__main__ import main; main()"
# At the quality and the sampling that ours are written with. It prints its seconds.
_LOOP = f"""
import glob, os, sys, time
from concurrent.futures import ThreadPoolExecutor
import cv2
source, target = sys.argv[1:]
how = [cv2.IMWRITE_JPEG_QUALITY, 95,
       cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
os.makedirs(target)

def one(path):
    image = cv2.GaussianBlur(cv2.imread(path), (0, 0), {_SIGMA})
    assert cv2.imwrite(os.path.join(target, os.path.basename(path)), image, how)

started = time.perf_counter()
paths = glob.glob(os.path.join(source, "*.jpg"))
with ThreadPoolExecutor(2) as pool:
    list(pool.map(one, paths))
print(time.perf_counter() - started)
"""


def row(folder: Path, count: int, rounds: int) -> Row:
    """Filter a folder of so many files by turns; each run tells its own seconds, start left out."""
    source = _made(folder / "source", count)
    runs: dict[str, Callable[[Path], float]] = {
        "ours": lambda target: _ours(source, target),
        "opencv loop": lambda target: _loop(source, target),
    }
    times: dict[str, list[float]] = {name: [] for name in runs}
    said = ""
    for number in range(rounds + 1):
        targets = {name: folder / f"{name}-{number}" for name in runs}
        for name, run in runs.items():
            times[name].append(run(targets[name]))
        said = said or _difference(*targets.values())
        for target in targets.values():
            shutil.rmtree(target)
    ours, theirs = (taken[1:] for taken in times.values())  # the first round filled the caches
    facts = {
        "ms": quarters([1e3 * taken for taken in theirs]), "ratio": quarters(ratios(theirs, ours)),
        "agrees": True, "differs": said,
    }  # fmt: skip
    return {
        "suite": "files", "group": "folder", "work": "blur", "amount": _SIGMA,
        "what": f"batch blur:sigma={_SIGMA}", "where": f"{count} JPEGs of {_SIDE}x{_SIDE}",
        "ms": quarters([1e3 * taken for taken in ours]), "rounds": rounds, "plan": "batch",
        "peers": {"opencv loop": facts}, "cannot": {},
    }  # fmt: skip


def _made(folder: Path, count: int) -> Path:
    """Write pictures, some of them again and again under other names."""
    from imgkernels import files
    from imgkernels.bench.files import photograph

    folder.mkdir()
    whole = photograph((_SIDE, _SIDE + _DIFFERENT))
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        if number < _DIFFERENT:
            files.write(path, Image.of(whole[:, number : number + _SIDE]))
        else:
            shutil.copyfile(folder / f"{number % _DIFFERENT:05}.jpg", path)
    return folder


def _ours(source: Path, target: Path) -> float:
    step = f"blur:sigma={_SIGMA}"
    words = process.python(_OURS, "batch", str(source), "--out", str(target), step, "--json")
    return float(json.loads(process.ran(words).splitlines()[-1])["seconds"])


def _loop(source: Path, target: Path) -> float:
    return float(process.ran(process.python(_LOOP, str(source), str(target))))


def _difference(ours: Path, theirs: Path) -> str:
    """Say how some files of both differ; raise where one is missing or another picture."""
    from imgkernels import files
    from imgkernels.errors import FileProblem

    names = sorted(path.name for path in theirs.iterdir())
    if names != sorted(path.name for path in ours.glob("*.jpg")):
        raise FileProblem("bench: batch and the loop did not write the same files")
    pairs = [[files.read(f / name).pixels for f in (ours, theirs)] for name in names[:5]]
    mean = max(float(np.abs(a.astype(np.int16) - b).mean()) for a, b in pairs)
    if mean >= 1:
        raise FileProblem(f"bench: batch and the loop differ by {mean:.1f} levels in the mean")
    return f"{mean:.2f} levels in the mean"
