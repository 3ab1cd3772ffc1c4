"""Pillow: 8 bits, its own border, which is the picture left as it is."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Job, Peer, among
from imgkernels.bench.subject import dense_kernel
from imgkernels.values import Array


def dense(filters: Any, case: Case, x: Array) -> Job:
    """Kernel, of 3x3 or 5x5 taps; it is turned upside down against ours."""
    size = int(case.amount)
    among(size, {3: 1, 5: 1}, "kernel of the size")
    taps = np.flip(dense_kernel(size).taps, 0)
    kernel = filters.Kernel((size, size), taps.ravel().tolist(), 1)
    return _filtered(x, kernel, Allowance("rounds halves up", levels=1, share=0.01, edge=size // 2))


def gaussian(filters: Any, case: Case, x: Array) -> Job:
    """GaussianBlur, which is three boxes."""
    allowed = Allowance("three boxes instead of a Gaussian", levels=24, share=1.0, edge=0)
    return _filtered(x, filters.GaussianBlur(case.amount), allowed)


def median(filters: Any, case: Case, x: Array) -> Job:
    """MedianFilter."""
    return _filtered(x, filters.MedianFilter(int(case.amount)), Allowance())


def _filtered(x: Array, what: Any, allowed: Allowance) -> Job:
    from PIL import Image

    image = Image.fromarray(x)
    return Job(lambda: np.asarray(image.filter(what)), allowed)


def _only_bytes(case: Case) -> str | None:
    return None if case.dtype == "uint8" else f"filters 8 bits, not {case.dtype}"


PILLOW = Peer(
    "pillow", "pillow", "PIL.ImageFilter",
    {"dense": dense, "gaussian": gaussian, "median": median}, also=_only_bytes,
)  # fmt: skip
