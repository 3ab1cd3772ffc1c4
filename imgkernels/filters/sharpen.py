"""Filters that bring detail out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.filters.knobs import Amount, Neighbours, Sigma
from imgkernels.operations import Blend, Convolve, Frame, Operation
from imgkernels.operations.combine import away
from imgkernels.operations.holes import correlated
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.values import Floats

_THRESHOLD = Param("smallest difference that counts, as a share of white", least=0, most=1)


_LAPLACE = "y = x - amount * Laplacian of x, over the neighbours on the axes or all of them"


def _by_hand(sigma: float, amount: float, threshold: float) -> law.Law:
    def due(case: law.Case, x: Floats) -> Floats:
        frame = replace(case.frame, dtype=x.dtype, white=1.0)
        bell = kernels.gaussian(sigma, ndim=frame.ndim, truncate=case.frame.truncate)
        apart = x - correlated(x, bell, frame)
        return x + amount * np.where(np.abs(apart) < threshold, 0, apart)

    return law.equals("is the picture plus amount times what a Gaussian blur takes away", due)


@register(
    Family.SHARPEN,
    spacing=True,
    unsourced="The mask of four neighbours is in every textbook, cited by none.",
    formula=_LAPLACE,
    others=(
        "Pillow's SHARPEN is (-2, ..., 32, ..., -2) / 16: amount 0.125 over all neighbours",
        "Pillow's EDGE_ENHANCE is amount 0.5, its EDGE_ENHANCE_MORE amount 1, over all neighbours",
        "ImageMagick's -sharpen takes a Gaussian off, and kornia's too: see unsharp",
    ),
    laws=lambda amount, neighbours, frame: (
        law.adds_laplacian(-amount * (1 if neighbours == "axes" else 3 ** (frame.ndim - 1))),
        law.isotropic(),
        law.sums_to(1),
    ),
)
def sharpen(amount: Amount = 1.0, neighbours: Neighbours = "axes", *, frame: Frame) -> Operation:
    """Sharpen with the nearest neighbours: identity minus a Laplacian."""
    return Convolve(kernels.sharpen(amount, neighbours, ndim=frame.ndim, spacing=frame.spacing))


@register(
    Family.SHARPEN,
    spacing=True,
    aliases=("unsharp-mask",),
    unsourced="A darkroom technique: a blurred copy is taken off; older than computing.",
    formula="y = x + amount * (x - Gaussian of x), where that differs by the threshold or more",
    others=(
        "Pillow's takes the amount in percent, the threshold in levels, and three boxes for the "
        "Gaussian, whose sigma it calls radius",
        "kornia's is fixed at amount 1, scikit-image's has no threshold, libvips sharpens L* alone",
    ),
    laws=lambda sigma, amount, threshold: (
        _by_hand(sigma, amount, threshold),
        law.sums_to(1),
        law.isotropic(),
    ),
)
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
