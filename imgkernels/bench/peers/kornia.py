"""kornia: image filters on PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Cannot, Job, Peer, among, rounded
from imgkernels.bench.peers.torch import MODES
from imgkernels.bench.subject import dense_kernel, radius
from imgkernels.values import Array

_FLOATS = Allowance("sums in another order", relative=1e-4)


def dense(kornia: Any, case: Case, x: Array) -> Job:
    """filter2d."""
    taps = dense_kernel(int(case.amount)).taps[np.newaxis].astype(np.float32)
    kernel = _tensor(taps)
    mode = among(case.border, MODES, "padding like the border")
    return _job(case, x, lambda y: kornia.filters.filter2d(y, kernel, mode), _FLOATS)


def gaussian(kornia: Any, case: Case, x: Array) -> Job:
    """gaussian_blur2d of our size."""
    size, mode = 2 * radius(case) + 1, among(case.border, MODES, "padding like the border")
    options = ((size, size), (case.amount, case.amount), mode)
    return _job(case, x, lambda y: kornia.filters.gaussian_blur2d(y, *options), _FLOATS)


def median(kornia: Any, case: Case, x: Array) -> Job:
    """median_blur; beyond the edge it sees zeros."""
    size = int(case.amount)
    allowed = Allowance(edge=size // 2)
    return _job(case, x, lambda y: kornia.filters.median_blur(y, size), allowed)


def gradient(kornia: Any, case: Case, x: Array) -> Job:
    """Sobel, not normalised; it adds a small number under the root."""
    among(case.border, {"replicate": 1}, "Sobel with the border")
    allowed = Allowance("adds 1e-6 under the root", relative=1e-3)
    return _job(case, x, lambda y: kornia.filters.sobel(y, normalized=False), allowed)


def _job(case: Case, x: Array, do: Callable[[Any], Any], allowed: Allowance) -> Job:
    if len(case.size) != 2:
        raise Cannot("filters two axes")

    def run() -> Array:
        floats = np.array(x if x.ndim == 3 else x[..., np.newaxis], np.float32)
        y = do(_tensor(floats).permute(2, 0, 1).unsqueeze(0))
        return rounded(y[0].permute(1, 2, 0).contiguous().numpy().reshape(case.shape), case)

    return Job(run, allowed)


def _tensor(x: Array) -> Any:
    import torch

    return torch.from_numpy(x)


KORNIA = Peer(
    "kornia", "kornia", "kornia",
    {"dense": dense, "gaussian": gaussian, "median": median, "gradient": gradient},
)  # fmt: skip
