"""scipy.ndimage: any number of axes, every border, one core."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Cannot, Job, Peer, rounded
from imgkernels.bench.subject import dense_kernel, radius
from imgkernels.border import FOREIGN
from imgkernels.values import Array

MODES = {str(border): word for word, border in FOREIGN["scipy"].items()} | {
    "constant": "constant",
    "wrap": "wrap",
    "symmetric": "reflect",
}


def dense(ndimage: Any, case: Case, x: Array) -> Job:
    """Correlate, in float32."""
    taps = dense_kernel(int(case.amount)).taps
    taps = taps if case.channels == 1 else taps[..., np.newaxis]
    return _floats(case, x, lambda f: ndimage.correlate(f, taps, mode=MODES[case.border]))


def gaussian(ndimage: Any, case: Case, x: Array) -> Job:
    """gaussian_filter, cut off where ours is."""
    sigmas = [case.amount] * len(case.size) + [0] * (case.channels > 1)
    options = {"mode": MODES[case.border], "truncate": radius(case) / case.amount}
    return _floats(case, x, lambda f: ndimage.gaussian_filter(f, sigmas, **options))


def median(ndimage: Any, case: Case, x: Array) -> Job:
    """median_filter."""
    size = [int(case.amount)] * len(case.size) + [1] * (case.channels > 1)
    return Job(lambda: ndimage.median_filter(x, size, mode=MODES[case.border]))


def gradient(ndimage: Any, case: Case, x: Array) -> Job:
    """One Sobel for each axis and the length of their vector."""
    if case.channels > 1:
        raise Cannot("has no Sobel of colours: it smooths across channels")

    def steepness(f: Array) -> Array:
        slopes = [ndimage.sobel(f, axis, mode=MODES[case.border]) for axis in range(len(case.size))]
        steep: Array = np.sqrt(sum(slope * slope for slope in slopes))
        return steep

    return _floats(case, x, steepness)


def _floats(case: Case, x: Array, do: Any) -> Job:
    """Compute in float32 and round: left to itself scipy cuts off what is after the point."""
    return Job(lambda: rounded(do(x.astype(np.float32, copy=False)), case))


SCIPY = Peer(
    "scipy", "scipy", "scipy.ndimage",
    {"dense": dense, "gaussian": gaussian, "median": median, "gradient": gradient},
)  # fmt: skip
