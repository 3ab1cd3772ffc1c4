"""libvips through pyvips: threads of its own, the edge copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Job, Peer, among, rounded
from imgkernels.bench.subject import dense_kernel, radius
from imgkernels.values import Array

_FORMATS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}


def dense(vips: Any, case: Case, x: Array) -> Job:
    """Conv, in floats."""
    mask = vips.Image.new_from_array(dense_kernel(int(case.amount)).taps.tolist())
    return _job(vips, case, x, lambda image: image.conv(mask, precision="float"), Allowance())


def gaussian(vips: Any, case: Case, x: Array) -> Job:
    """Gaussblur in floats, cut off at the tap nearest to where ours is."""
    sigma, reach = case.amount, radius(case)
    least = max(1e-3, float(np.exp(-((reach + 0.5) ** 2) / (2 * sigma * sigma))))
    allowed = Allowance(
        "cut off by the height of a tap",
        levels=2 if case.dtype == "uint8" else 512,
        share=1.0,
        relative=0.1,
    )
    return _job(
        vips, case, x,
        lambda image: image.gaussblur(sigma, min_ampl=least, precision="float"), allowed,
    )  # fmt: skip


def median(vips: Any, case: Case, x: Array) -> Job:
    """Median."""
    return _job(vips, case, x, lambda image: image.median(int(case.amount)), Allowance())


def gradient(vips: Any, case: Case, x: Array) -> Job:
    """Two convolutions and the length of their vector: its sobel adds them up instead."""
    along_x = vips.Image.new_from_array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    along_y = vips.Image.new_from_array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])

    def steepness(image: Any) -> Any:
        right, down = (image.conv(k, precision="float") for k in (along_x, along_y))
        return (right * right + down * down) ** 0.5

    return _job(vips, case, x, steepness, Allowance())


def _job(vips: Any, case: Case, x: Array, do: Callable[[Any], Any], allowed: Allowance) -> Job:
    among(case.border, {"replicate": 1}, "border")
    height, width = case.size
    wanted = _FORMATS[case.dtype]

    def run() -> Array:
        image = vips.Image.new_from_memory(x.data, width, height, case.channels, wanted)
        made = do(image)
        made = made if made.format in (wanted, "float") else made.cast("float")
        floats = np.frombuffer(made.write_to_memory(), np.dtype(_dtype(made.format)))
        return rounded(floats.reshape(case.shape), case)

    return Job(run, allowed)


def _dtype(word: str) -> str:
    return next(name for name, known in _FORMATS.items() if known == word)


PYVIPS = Peer(
    "pyvips", "pyvips", "pyvips",
    {"dense": dense, "gaussian": gaussian, "median": median, "gradient": gradient},
)  # fmt: skip
