"""Filters that make a picture of a picture."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels
from imgkernels.filters.knobs import Amount, OddWindow, Share, Sigma
from imgkernels.operations import (
    Blend,
    Chain,
    Convolve,
    Frame,
    Magnitude,
    Operation,
    Pointwise,
    Rank,
    combine,
    point,
)
from imgkernels.param import Param
from imgkernels.registry import Family, register

Strength = Annotated[float, Param("0 leaves the picture as it is", least=0, most=1)]


def _bell(sigma: float, frame: Frame) -> Operation:
    return Convolve(kernels.gaussian(frame.pixels(sigma), ndim=frame.ndim, truncate=frame.truncate))


def _slopes(factor: float, frame: Frame) -> Operation:
    steps = enumerate(frame.steps)
    return Magnitude(
        tuple(kernels.sobel(a, ndim=frame.ndim) * (factor / step) for a, step in steps)
    )


@register(Family.EFFECT, spacing=True)
def watercolor(size: OddWindow = 5, amount: Amount = 1.0, *, frame: Frame) -> Operation:
    """Median of the window, then sharpen: even patches with clear edges."""
    return Chain(
        (
            Rank.median(frame.odd_window(size), frame.ndim),
            Convolve(kernels.sharpen(amount, ndim=frame.ndim, spacing=frame.spacing)),
        )
    )


@register(Family.EFFECT, aliases=("bloom",), spacing=True)
def glow(
    sigma: Sigma = 12.0,
    strength: Strength = 0.6,
    level: Share = 0.5,
    *,
    frame: Frame,
) -> Operation:
    """Light spills out of what is brighter than a level."""
    return Blend(
        Chain((Pointwise(point.highlights, (level,)), _bell(sigma, frame))),
        combine.screen,
        (strength,),
    )


@register(Family.EFFECT, aliases=("pencil",), spacing=True)
def sketch(sigma: Sigma = 5.0, *, frame: Frame) -> Operation:
    """Pencil lines on white paper: the brightness divided by what surrounds it."""
    return Chain((Pointwise(point.grey), Blend(_bell(sigma, frame), combine.dodge)))


@register(Family.EFFECT, spacing=True)
def charcoal(
    sigma: Annotated[float, Param("smoothing before", unit="px", least=0, most=100)] = 1.0,
    strength: Annotated[float, Param("blackness of the strokes", above=0, most=20)] = 4.0,
    *,
    frame: Frame,
) -> Operation:
    """Dark strokes where the image changes, on white paper."""
    return Chain(
        (
            Pointwise(point.grey),
            _bell(sigma, frame),
            _slopes(strength / 4, frame),
            Pointwise(point.invert),
        )
    )


@register(Family.EFFECT, aliases=("cartoon",), spacing=True)
def ink(
    sigma: Sigma = 1.2,
    strength: Strength = 0.9,
    *,
    frame: Frame,
) -> Operation:
    """Draw the outlines of the picture over it in black."""
    lines = Chain((Pointwise(point.grey), _bell(sigma, frame), _slopes(0.5, frame)))
    return Blend(lines, combine.darken, (strength,))
