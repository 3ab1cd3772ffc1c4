"""Whole processes: pictures read, blurred and written; their time and their memory."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from imgkernels.bench import folder as by_folder, process
from imgkernels.bench.measure import Row
from imgkernels.bench.peers import OPENCV, PILLOW, PYVIPS, Peer
from imgkernels.bench.timing import Budget, interleaved, quarters, ratios
from imgkernels.values import Array

_SIGMA = 2
_OURS = "from imgkernels.__main__ import main; main()"

# Ten lines a user would write; run as `python -c TEXT IN OUT`.
_OPENCV = f"""
import sys
import cv2
source, target = sys.argv[1:]
image = cv2.imread(source, cv2.IMREAD_UNCHANGED)
if image is None:
    sys.exit(f"cannot read {{source}}")
blurred = cv2.GaussianBlur(image, (0, 0), {_SIGMA})
if not cv2.imwrite(target, blurred):
    sys.exit(f"cannot write {{target}}")
"""
_PILLOW = f"""
import sys
from PIL import Image, ImageFilter
source, target = sys.argv[1:]
with Image.open(source) as image:
    image.filter(ImageFilter.GaussianBlur({_SIGMA})).save(target, quality=95)
"""
_PEAK = """
import sys
from imgkernels.shells.main import main
try:
    main()
except SystemExit as end:
    if end.code:
        raise
status = open("/proc/self/status").read()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def rows(quick: bool, against: Sequence[Peer] | None) -> Iterator[Row]:
    """Measure small and large pictures, PNG and JPEG, then memory, then a folder."""
    with tempfile.TemporaryDirectory(prefix="imgkernels-bench-") as name:
        folder = Path(name)
        sizes = [(512, 512)] if quick else [(512, 512), (4000, 6000)]
        for size in sizes:
            for ending in ("png", "jpg"):
                yield _timed(_written(folder, size, ending), size, against, quick)
        if Path("/proc/self/status").exists():
            for size in [(3000, 4000)] if quick else [(3000, 4000), (10000, 10000)]:
                yield _memory(folder, size)
        if OPENCV.version and (against is None or OPENCV in against):
            yield by_folder.row(folder, *((60, 1) if quick else (1000, 3)))


def photograph(size: tuple[int, ...]) -> Array:
    """Return a picture that packs about as well as a photograph: slopes, edges, fine grain."""
    dice = np.random.default_rng(3)
    height, width = size
    slope = np.linspace(0, 90, width, dtype=np.float32) + np.linspace(0, 60, height)[:, None]
    coarse = dice.random((height // 40 + 1, width // 40 + 1, 3), np.float32) * 90
    rows_, columns = np.arange(height) // 40, np.arange(width) // 40
    grain = dice.normal(0, 2.5, (height, width)).astype(np.float32)
    out = np.empty((height, width, 3), np.uint8)
    for channel in range(3):
        plane = slope + grain + coarse[..., channel][np.ix_(rows_, columns)]
        out[..., channel] = plane.clip(0, 255)
    return out


def _written(folder: Path, size: tuple[int, int], ending: str) -> Path:
    from imgkernels import files
    from imgkernels.image import Image

    path = folder / f"{size[1]}x{size[0]}.{ending}"
    files.write(path, Image.of(photograph(size)))
    return path


def _timed(source: Path, size: tuple[int, int], against: Sequence[Peer] | None, quick: bool) -> Row:
    """Blur a file with every peer that is here, each in a process of its own, by turns."""
    ending = source.suffix
    commands = {
        name: words
        for name, (peer, words) in _commands(source).items()
        if against is None or peer is None or peer in against
    }
    budget = Budget(2.0, 7) if quick else Budget(5.0, 9)
    runs = {name: functools.partial(process.ran, words) for name, words in commands.items()}
    times = interleaved(runs, budget)
    peers = {
        name: {
            "ms": quarters([1e3 * t for t in times[name]]),
            "ratio": quarters(ratios(times[name], times["ours"])),
            **_agreement(source, name),
        }
        for name in times
        if name != "ours"
    }
    return {
        "suite": "files", "group": "process", "work": "blur", "amount": _SIGMA,
        "pixels": size[0] * size[1],
        "what": f"apply blur --sigma {_SIGMA}",
        "where": f"{size[1]}x{size[0]} {ending[1:].upper()}, whole process",
        "ms": quarters([1e3 * t for t in times["ours"]]), "rounds": len(times["ours"]),
        "plan": _plan(commands["ours"]), "peers": peers, "cannot": {},
    }  # fmt: skip


def _commands(source: Path) -> dict[str, tuple[Peer | None, list[str]]]:
    def target(name: str) -> str:
        return str(_target(source, name))

    path = str(source)
    ours = process.python(_OURS, "apply", "blur", path, target("ours"), "--sigma", str(_SIGMA))
    found: dict[str, tuple[Peer | None, list[str]]] = {"ours": (None, ours)}
    if OPENCV.version:
        found["opencv"] = (OPENCV, process.python(_OPENCV, path, target("opencv")))
    if PILLOW.version:
        found["pillow"] = (PILLOW, process.python(_PILLOW, path, target("pillow")))
    if vips := shutil.which("vips"):
        quality = "[Q=95]" if source.suffix == ".jpg" else ""
        words = [vips, "gaussblur", path, target("vips") + quality, str(_SIGMA)]
        found["vips"] = (PYVIPS, words)
    return found


def _target(source: Path, name: str) -> Path:
    return source.with_name(f"{name}-{source.stem}-out{source.suffix}")


def _plan(ours: list[str]) -> str:
    """Return the methods that `--explain` names."""
    said = process.ran([*ours, "--explain"], errors=True)
    lines = (line.split() for line in said.splitlines() if line.startswith("method "))
    return "+".join(dict.fromkeys(words[1].rstrip(":") for words in lines))


def _agreement(source: Path, name: str) -> dict[str, Any]:
    """Compare the files that came out: Pillow's Gaussian is three boxes, vips cuts its one off."""
    from imgkernels import files

    ours, theirs = (files.read(_target(source, n)).pixels.astype(np.int16) for n in ("ours", name))
    if ours.shape != theirs.shape:
        return {"agrees": False, "differs": f"shape {theirs.shape} against {ours.shape}"}
    apart = np.abs(ours - theirs)
    near = float(apart.mean()) <= 1.5
    return {"agrees": near, "differs": f"{apart.max()} levels, {apart.mean():.2f} in the mean"}


def _memory(folder: Path, size: tuple[int, int]) -> Row:
    """Return how much a blur holds at its peak over one of a picture of 16 x 16."""
    idle, peak = (_peak(_written(folder, s, "png")) for s in ((16, 16), size))
    return {
        "suite": "files", "group": "memory", "work": "blur", "amount": size[0] * size[1] / 1e6,
        "what": f"apply blur --sigma {_SIGMA}",
        "where": f"{size[1]}x{size[0]} PNG, peak memory",
        "MiB": round((peak - idle) / 1024, 1), "idle MiB": round(idle / 1024, 1),
    }  # fmt: skip


def _peak(source: Path) -> int:
    """Return the peak of resident memory in KiB, as the process itself tells it."""
    target = str(_target(source, "memory"))
    words = ["apply", "blur", str(source), target, "--sigma", str(_SIGMA)]
    return int(process.ran(process.python(_PEAK, *words)).split()[-1])
