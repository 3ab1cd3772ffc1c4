"""1,000 JPEGs of 512 x 512, blurred with sigma 2: `imgkernels batch` against a loop by hand.

The loop is what one writes with OpenCV: imread, GaussianBlur and imwrite on a pool of two threads,
at the quality (95) and sampling (4:4:4) that ours are written with. Both run as processes of their
own, by turns, each into a new folder, and time themselves from the first file to the last; what
starting them takes is told beside. The processor's seconds of each are told too: on a machine that
others use they say more than the clock.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from provenance import clean_environment, keep, provenance

import imgkernels as ik
from imgkernels import resources
from imgkernels.batch import journal

SIDE, SIGMA = 512, 2.0
STEP = f"blur:sigma={SIGMA:g}"
LOOP = """
import glob, os, sys, time
from concurrent.futures import ThreadPoolExecutor
import cv2
source, target, sigma = sys.argv[1], sys.argv[2], float(sys.argv[3])
how = [cv2.IMWRITE_JPEG_QUALITY, 95,
       cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
os.makedirs(target)

def one(path):
    image = cv2.GaussianBlur(cv2.imread(path), (0, 0), sigma)
    assert cv2.imwrite(os.path.join(target, os.path.basename(path)), image, how)

started = time.perf_counter()
paths = glob.glob(os.path.join(source, "*.jpg"))
with ThreadPoolExecutor(2) as pool:
    list(pool.map(one, paths))
print(time.perf_counter() - started)
"""


def main():
    """Measure by turns, print a line for each round, keep all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--no-keep", action="store_true", help="leave the results as they are")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="imgkernels-bench-") as place:
        record = measured(Path(place), asked.files, asked.rounds)
    print(json.dumps(record["summary"], indent=1))
    if not asked.no_keep:
        keep("folder", provenance("numpy", "opencv-python-headless", "pillow") | record)


def measured(place, files, rounds):
    """Return the figures of each round, and what they come to."""
    source = place / "source"
    size = make(source, files)
    found = []
    for number in range(rounds + 1):
        turn = {}
        for name, run in {"ours": ours, "loop": loop}.items():
            target = place / f"{name}-{number}"
            turn[name] = timed(run, source, target)
            if number == 0:
                check(source, target)
            shutil.rmtree(target)
            os.sync()
        if number:  # the first reads the files into memory
            found.append(turn)
            print(told(turn, files), flush=True)
    return {
        "files": files,
        "bytes": size,
        "step": STEP,
        "plan": str(ik.plan((SIDE, SIDE, 3), ik.kernels.gaussian(SIGMA), dtype="uint8")),
        "rounds": found,
        "summary": summary(found, files),
    }


def make(folder, files):
    """Write cuts of the samples as JPEGs; return the bytes of all."""
    folder.mkdir()
    photos = [ik.read(path).pixels for path in sorted(resources.folder("samples").glob("*.*g"))]
    photos = [np.repeat(x[..., None], 3, axis=2) if x.ndim == 2 else x[..., :3] for x in photos]
    photos = [
        np.pad(x, [(0, max(0, SIDE - n)) for n in x.shape[:2]] + [(0, 0)], "reflect")
        for x in photos
    ]
    dice = np.random.default_rng(0)
    for number in range(files):
        photo = photos[number % len(photos)]
        y, x = (dice.integers(0, n - SIDE + 1) for n in photo.shape[:2])
        cut = np.ascontiguousarray(photo[y : y + SIDE, x : x + SIDE, ::-1])
        cv2.imwrite(str(folder / f"{number:05}.jpg"), cut, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return sum(path.stat().st_size for path in folder.iterdir())


def ours(source, target):
    """Run ours; return the seconds that it tells of itself."""
    command = [sys.executable, "-m", "imgkernels", "batch", source, "--out", target, STEP, "--json"]
    last = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[
        -1
    ]
    return json.loads(last)["seconds"]


def loop(source, target):
    """Run the loop; return its seconds."""
    command = [sys.executable, "-c", LOOP, source, target, str(SIGMA)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def timed(run, source, target):
    """Return what a run says of itself, the clock around it, and the processor's seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    seconds = run(source, target)
    whole = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(seconds, 4), "with start": round(whole, 4), "cpu": round(cpu, 4)}


def check(source, target):
    """See that each made a blurred picture of every file, the same within the last levels."""
    names = sorted(path.name for path in target.iterdir() if path.name != journal.NAME)
    assert names == sorted(path.name for path in source.iterdir())
    for name in names[:: max(1, len(names) // 20)]:
        due = cv2.GaussianBlur(cv2.imread(str(source / name)), (0, 0), SIGMA).astype(int)
        assert np.abs(cv2.imread(str(target / name)) - due).mean() < 1


def told(turn, files):
    """Return a round as a line."""
    parts = [
        f"{name} {files / each['seconds']:.0f}/s, cpu {each['cpu']:.2f} s"
        for name, each in turn.items()
    ]
    return "; ".join(parts) + f"; {turn['loop']['seconds'] / turn['ours']['seconds']:.2f} times"


def summary(found, files):
    """Return medians over the rounds, and the ratio of the rates round by round."""

    def median(name, what):
        return round(float(np.median([turn[name][what] for turn in found])), 4)

    def ratio(what):
        ratios = [turn["loop"][what] / turn["ours"][what] for turn in found]
        return np.percentile(ratios, [25, 50, 75]).round(3).tolist()

    return {
        "ours, files a second": round(files / median("ours", "seconds"), 1),
        "loop, files a second": round(files / median("loop", "seconds"), 1),
        "rate to the loop's, quarters": ratio("seconds"),
        "with the start of the process": ratio("with start"),
        "of the processor's seconds": ratio("cpu"),
    }


if __name__ == "__main__":
    clean_environment()
    main()
