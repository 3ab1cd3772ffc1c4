"""Filters that bring detail out."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels
from imgkernels.filters.knobs import Amount, Neighbours, Sigma
from imgkernels.operations import Blend, Convolve, Frame, Operation
from imgkernels.operations.combine import away
from imgkernels.param import Param
from imgkernels.registry import Family, register

_THRESHOLD = Param("smallest difference that counts, as a share of white", least=0, most=1)


@register(Family.SHARPEN, spacing=True)
def sharpen(amount: Amount = 1.0, neighbours: Neighbours = "axes", *, frame: Frame) -> Operation:
    """Sharpen with the nearest neighbours: identity minus a Laplacian."""
    return Convolve(kernels.sharpen(amount, neighbours, ndim=frame.ndim, spacing=frame.spacing))


@register(Family.SHARPEN, aliases=("unsharp-mask",), spacing=True)
def unsharp(
    sigma: Sigma = 2.0,
    amount: Amount = 1.0,
    threshold: Annotated[float, _THRESHOLD] = 0.0,
    *,
    frame: Frame,
) -> Operation:
    """Add what a Gaussian blur takes away.

    With a threshold, differences below it are left alone, so that grain is not sharpened.
    """
    width = frame.pixels(sigma)
    if threshold == 0 and max(width) <= 4:  # one small kernel; wide ones are cheaper as a blur
        return Convolve(kernels.unsharp(width, amount, ndim=frame.ndim, truncate=frame.truncate))
    bell = kernels.gaussian(width, ndim=frame.ndim, truncate=frame.truncate)
    return Blend(Convolve(bell), away, (amount, threshold))
