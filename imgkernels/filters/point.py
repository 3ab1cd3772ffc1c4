"""Filters that look at one pixel at a time."""

from __future__ import annotations

from typing import Annotated

from imgkernels.filters.knobs import Share
from imgkernels.operations import Operation, Pointwise, point
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import BT709


@register(Family.POINT)
def invert() -> Operation:
    """Exchange black and white."""
    return Pointwise(point.invert)


@register(Family.POINT, aliases=("exposure", "brightness"))
def gain(
    factor: Annotated[float, Param("what values are multiplied by", least=-100, most=100)] = 1.5,
    offset: Annotated[float, Param("share of white added after", least=-1, most=1)] = 0.0,
) -> Operation:
    """Multiply and add: below 1 it cures over-exposure."""
    return Pointwise(point.gain, (factor, offset))


@register(Family.POINT)
def contrast(
    factor: Annotated[float, Param("how far from mid-grey", least=0, most=100)] = 1.5,
) -> Operation:
    """Stretch the distance of every value from mid-grey."""
    return Pointwise(point.contrast, (factor,))


@register(Family.POINT)
def gamma(
    exponent: Annotated[
        float, Param("above 1 lightens, below darkens", least=0.01, most=100)
    ] = 2.2,
) -> Operation:
    """Bend the tone curve; black and white stay."""
    return Pointwise(point.gamma, (exponent,))


@register(Family.POINT)
def threshold(level: Share = 0.5) -> Operation:
    """White from a level up, black below."""
    return Pointwise(point.threshold, (level,))


@register(Family.POINT)
def posterize(
    levels: Annotated[int, Param("number of levels from black to white", least=2, most=256)] = 6,
) -> Operation:
    """Leave only a few levels of each channel."""
    return Pointwise(point.posterize, (float(levels),))


@register(Family.POINT, aliases=("abs",))
def absolute() -> Operation:
    """Drop the sign, as after a derivative."""
    return Pointwise(point.absolute)


@register(Family.POINT, aliases=("gray", "luma"), sources=(BT709,))
def grey() -> Operation:
    """Show the brightness alone, in all channels."""
    return Pointwise(point.grey)


@register(Family.POINT, aliases=("normalize",))
def stretch() -> Operation:
    """Map the lowest value of the image to black and the highest to white."""
    return Pointwise(point.stretched)
