"""scikit-image: on scipy.ndimage, in floats."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Cannot, Job, Peer, rounded
from imgkernels.bench.peers.scipy import MODES
from imgkernels.bench.subject import radius
from imgkernels.values import Array


def gaussian(filters: Any, case: Case, x: Array) -> Job:
    """Gaussian, its range preserved."""
    options = {
        "mode": MODES[case.border],
        "truncate": radius(case) / case.amount,
        "channel_axis": -1 if case.channels > 1 else None,
        "preserve_range": True,
    }
    return Job(
        lambda: rounded(filters.gaussian(x, case.amount, **options), case),
        Allowance("float64 between its passes", levels=1, share=1e-2, relative=1e-4),
    )


def median(filters: Any, case: Case, x: Array) -> Job:
    """Median over a square footprint."""
    if case.channels > 1:
        raise Cannot("has no median of colours")
    window = np.ones([int(case.amount)] * len(case.size), bool)
    return Job(lambda: filters.median(x, window, mode=MODES[case.border]))


def gradient(filters: Any, case: Case, x: Array) -> Job:
    """Sobel, a quarter as steep on each axis and a mean of both: times 4 and the root of 2."""
    if case.channels > 1:
        raise Cannot("has no Sobel of colours")
    scale = np.float32(4 * np.sqrt(2))
    return Job(
        lambda: rounded(
            scale * filters.sobel(x.astype(np.float32, copy=False), mode=MODES[case.border]), case
        )
    )


SKIMAGE = Peer(
    "scikit-image", "scikit-image", "skimage.filters",
    {"gaussian": gaussian, "median": median, "gradient": gradient},
)  # fmt: skip
