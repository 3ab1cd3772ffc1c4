"""PyTorch: convolutions in floats, channels before space."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Job, Peer, among, rounded
from imgkernels.bench.subject import dense_kernel, radius
from imgkernels.values import Array

MODES = {"reflect": "reflect", "replicate": "replicate", "constant": "constant", "wrap": "circular"}
_FLOATS = Allowance("sums in another order", relative=1e-4)


def dense(torch: Any, case: Case, x: Array) -> Job:
    """Pad, then conv2d with one group for each channel."""
    return _filtered(torch, case, x, [dense_kernel(int(case.amount)).taps])


def gaussian(torch: Any, case: Case, x: Array) -> Job:
    """Pad, then a conv2d along each axis."""
    at = np.arange(-radius(case), radius(case) + 1)
    row = np.exp(-at * at / (2 * case.amount**2))
    row /= row.sum()
    return _filtered(torch, case, x, [row[:, np.newaxis], row[np.newaxis]])


def gradient(torch: Any, case: Case, x: Array) -> Job:
    """Pad, two conv2d, and the length of the vector."""
    mode = among(case.border, MODES, "padding like the border")
    row = np.outer([1, 2, 1], [-1, 0, 1])
    right, down = (_weights(torch, taps, case.channels) for taps in (row, row.T))
    functional = torch.nn.functional

    def run() -> Array:
        whole = functional.pad(_planes(torch, x), (1, 1, 1, 1), mode=mode)
        slopes = [functional.conv2d(whole, w, groups=case.channels) for w in (right, down)]
        return _back(torch.hypot(*slopes), case)

    return Job(run, _FLOATS)


def _filtered(torch: Any, case: Case, x: Array, passes: list[Array]) -> Job:
    mode = among(case.border, MODES, "padding like the border")
    weights = [_weights(torch, taps, case.channels) for taps in passes]
    functional = torch.nn.functional

    def run() -> Array:
        y = _planes(torch, x)
        for taps, weight in zip(passes, weights, strict=True):
            rows, columns = (n // 2 for n in taps.shape)
            y = functional.pad(y, (columns, columns, rows, rows), mode=mode)
            y = functional.conv2d(y, weight, groups=case.channels)
        return _back(y, case)

    return Job(run, _FLOATS)


def _weights(torch: Any, taps: Array, channels: int) -> Any:
    one = torch.from_numpy(np.ascontiguousarray(taps, np.float32))
    return one.expand(channels, 1, *taps.shape).contiguous()


def _planes(torch: Any, x: Array) -> Any:
    floats = np.array(x if x.ndim == 3 else x[..., np.newaxis], np.float32)
    return torch.from_numpy(floats).permute(2, 0, 1).unsqueeze(0).contiguous()


def _back(y: Any, case: Case) -> Array:
    planes = y[0].permute(1, 2, 0).contiguous().numpy()
    return rounded(planes.reshape(case.shape), case)


TORCH = Peer(
    "torch", "torch", "torch", {"dense": dense, "gaussian": gaussian, "gradient": gradient}
)
