"""Filters that make a picture of a picture."""

from __future__ import annotations

from typing import Annotated, Literal

from imgkernels import kernels
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import MOST_VECTORS, Amount, OddWindow, Share, Sigma
from imgkernels.operations import (
    Blend,
    Chain,
    Convolve,
    Frame,
    Magnitude,
    Operation,
    OwnColour,
    Pointwise,
    Rank,
    VectorMedian,
    combine,
    point,
)
from imgkernels.param import Param
from imgkernels.registry import Family, register

Median = Literal["marginal", "vector"]
_MEDIAN = Param("of each channel, or of whole colours, so that no colour is new")
Strength = Annotated[float, Param("0 leaves the picture as it is", least=0, most=1)]


def _bell(sigma: float, frame: Frame) -> Operation:
    return Convolve(kernels.gaussian(sigma, ndim=frame.ndim, truncate=frame.truncate))


@register(Family.EFFECT)
def watercolor(
    size: OddWindow = 5,
    amount: Amount = 1.0,
    median: Annotated[Median, _MEDIAN] = "marginal",
    *,
    frame: Frame,
) -> Operation:
    """Median of the window, then sharpen: even patches with clear edges.

    marginal: the median of each channel, then the sharpen kernel; both mix channels into colours
    that the picture does not have. vector: the window's colour that is nearest to all others, and
    then, as a kernel would overshoot, the colour of its 3 x 3 window that is nearest to what the
    kernel asks for. Every colour of the answer is then one of the picture's own.
    """
    kernel = Convolve(kernels.sharpen(amount, ndim=frame.ndim))
    if median == "marginal":
        return Chain((Rank.median(size, frame.ndim), kernel))
    if size > MOST_VECTORS:
        raise InvalidValue(
            f"watercolor: size must be at most {MOST_VECTORS} px for the vector median; got {size}"
        )
    return Chain((VectorMedian(size), OwnColour(kernel)))


@register(Family.EFFECT, aliases=("bloom",))
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


@register(Family.EFFECT, aliases=("pencil",))
def sketch(sigma: Sigma = 5.0, *, frame: Frame) -> Operation:
    """Pencil lines on white paper: the brightness divided by what surrounds it."""
    return Chain((Pointwise(point.grey), Blend(_bell(sigma, frame), combine.dodge)))


@register(Family.EFFECT)
def charcoal(
    sigma: Annotated[float, Param("smoothing before", unit="px", least=0, most=100)] = 1.0,
    strength: Annotated[float, Param("blackness of the strokes", above=0, most=20)] = 4.0,
    *,
    frame: Frame,
) -> Operation:
    """Dark strokes where the image changes, on white paper."""
    axes = range(frame.ndim)
    slopes = tuple(kernels.sobel(axis, ndim=frame.ndim) * (strength / 4) for axis in axes)
    return Chain(
        (
            Pointwise(point.grey),
            _bell(sigma, frame),
            Magnitude(slopes),
            Pointwise(point.invert),
        )
    )


@register(Family.EFFECT, aliases=("cartoon",))
def ink(
    sigma: Sigma = 1.2,
    strength: Strength = 0.9,
    *,
    frame: Frame,
) -> Operation:
    """Draw the outlines of the picture over it in black."""
    axes = range(frame.ndim)
    slopes = Magnitude(tuple(kernels.sobel(axis, ndim=frame.ndim) / 2 for axis in axes))
    return Blend(
        Chain((Pointwise(point.grey), _bell(sigma, frame), slopes)), combine.darken, (strength,)
    )
