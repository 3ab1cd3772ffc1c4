"""Kernels of the effects: sharpen, unsharp, emboss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import number
from imgkernels.kernels.second import laplacian
from imgkernels.kernels.smooth import gaussian, identity


def sharpen(
    amount: float = 1.0,
    neighbours: Literal["axes", "all"] = "axes",
    *,
    ndim: int = 2,
    spacing: Sequence[float] | None = None,
) -> Kernel:
    """Return identity minus `amount` Laplacians: a middle above 1, neighbours that pay for it.

    >>> sharpen().taps.tolist()
    [[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]]
    """
    amount = number(amount, "sharpen", "amount")
    if amount < 0:
        raise InvalidValue(f"sharpen: amount must be 0 or more; got {amount!r}")
    return identity(ndim) - amount * laplacian(neighbours, ndim=ndim, spacing=spacing)


def unsharp(
    sigma: float | Sequence[float],
    amount: float = 1.0,
    *,
    ndim: int = 2,
    truncate: float = 4.0,
) -> Kernel:
    """Return the image plus `amount` times what a Gaussian of `sigma` pixels takes away."""
    amount = number(amount, "unsharp", "amount")
    bell = gaussian(sigma, ndim=ndim, truncate=truncate)
    return (1 + amount) * identity(ndim) - amount * bell


def emboss(depth: float = 1.0) -> Kernel:
    """Return a relief lit from the upper left; it sums to 0.

    >>> emboss().taps.tolist()
    [[-1.0, -1.0, 0.0], [-1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]
    """
    depth = number(depth, "emboss", "depth")
    relief = Kernel(
        [
            [-1, -1, 0],
            [-1, 0, 1],
            [0, 1, 1],
        ]
    )
    return depth * relief
