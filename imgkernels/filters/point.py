"""Filters that look at one pixel at a time."""

from __future__ import annotations

from typing import Annotated

from imgkernels import law
from imgkernels.entry import Family
from imgkernels.filters.knobs import Share
from imgkernels.operations import Operation, Pointwise, point
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import BT709

_NOBODY = "Older than computing: a tone curve."


@register(
    Family.POINT,
    unsourced=_NOBODY,
    formula="y = white - x",
    laws=lambda: (law.maps({0: 1, 1: 0, 0.25: 0.75}), law.self_inverse(), law.pixel_by_pixel()),
)
def invert() -> Operation:
    """Exchange black and white."""
    return Pointwise(point.invert)


@register(
    Family.POINT,
    aliases=("exposure", "brightness"),
    unsourced=_NOBODY,
    formula="y = factor * x + offset * white",
    laws=lambda factor, offset: (
        law.maps({v: factor * v + offset for v in (0, 0.25, 1)}),
        law.pixel_by_pixel(),
    ),
)
def gain(
    factor: Annotated[float, Param("what values are multiplied by", least=-100, most=100)] = 1.5,
    offset: Annotated[float, Param("share of white added after", least=-1, most=1)] = 0.0,
) -> Operation:
    """Multiply and add: below 1 it cures over-exposure."""
    return Pointwise(point.gain, (factor, offset))


@register(
    Family.POINT,
    unsourced=_NOBODY,
    formula="y = (x - white / 2) * factor + white / 2",
    others=("Pillow's ImageEnhance.Contrast stretches from the picture's mean, not from mid-grey",),
    laws=lambda factor: (
        law.maps({0.5: 0.5, 1: 0.5 + 0.5 * factor, 0.25: 0.5 - 0.25 * factor}),
        law.monotone(),
        law.pixel_by_pixel(),
    ),
)
def contrast(
    factor: Annotated[float, Param("how far from mid-grey", least=0, most=100)] = 1.5,
) -> Operation:
    """Stretch the distance of every value from mid-grey."""
    return Pointwise(point.contrast, (factor,))


@register(
    Family.POINT,
    unsourced=_NOBODY,
    formula="y = white * (x / white) ** (1 / exponent)",
    others=("skimage.exposure.adjust_gamma takes the exponent itself, so above 1 it darkens",),
    laws=lambda exponent: (
        law.maps({0: 0, 1: 1, 0.25: 0.25 ** (1 / exponent)}),
        law.monotone(),
        law.pixel_by_pixel(),
    ),
)
def gamma(
    exponent: Annotated[
        float, Param("above 1 lightens, below darkens", least=0.01, most=100)
    ] = 2.2,
) -> Operation:
    """Bend the tone curve; black and white stay."""
    return Pointwise(point.gamma, (exponent,))


@register(
    Family.POINT,
    unsourced=_NOBODY,
    formula="y = white where x >= level * white, else 0",
    others=("OpenCV's THRESH_BINARY counts the level itself as black: x > level",),
    laws=lambda level: (
        law.maps({level: 1, 1: 1} | ({level * 0.999: 0} if level else {})),
        law.values((0, 1)),
        law.monotone(),
        law.idempotent(),
        law.pixel_by_pixel(),
    ),
)
def threshold(level: Share = 0.5) -> Operation:
    """White from a level up, black below."""
    return Pointwise(point.threshold, (level,))


@register(
    Family.POINT,
    unsourced=_NOBODY,
    formula="y = round(x / white * (levels - 1)) / (levels - 1) * white, halves to even",
    others=("Pillow's posterize keeps the upper bits, so that white does not stay white",),
    laws=lambda levels: (
        law.maps({0: 0, 1: 1}),
        law.values([n / (levels - 1) for n in range(levels)]),
        law.monotone(),
        law.idempotent(),
        law.pixel_by_pixel(),
    ),
)
def posterize(
    levels: Annotated[int, Param("number of levels from black to white", least=2, most=256)] = 6,
) -> Operation:
    """Leave only a few levels of each channel."""
    return Pointwise(point.posterize, (float(levels),))


@register(
    Family.POINT,
    aliases=("abs",),
    unsourced=_NOBODY,
    formula="y = |x|",
    laws=lambda: (
        law.maps({0: 0, 0.25: 0.25, -0.25: 0.25}),
        law.idempotent(),
        law.ignores("the sign", lambda x: -x),
        law.pixel_by_pixel(),
    ),
)
def absolute() -> Operation:
    """Drop the sign, as after a derivative."""
    return Pointwise(point.absolute)


@register(
    Family.POINT,
    aliases=("gray", "luma"),
    sources=(BT709,),
    formula="y = 0.2126 R + 0.7152 G + 0.0722 B",
    others=(
        "OpenCV and Pillow weigh 0.299, 0.587, 0.114, as BT.601 does; scikit-image 0.2125, "
        "0.7154, 0.0721",
    ),
    laws=lambda: (
        law.weights((0.2126, 0.7152, 0.0722)),
        law.maps({0: 0, 0.25: 0.25, 1: 1}),
        law.idempotent(),
        law.pixel_by_pixel(),
    ),
)
def grey() -> Operation:
    """Show the brightness alone, in all channels."""
    return Pointwise(point.grey)


@register(
    Family.POINT,
    aliases=("normalize",),
    unsourced=_NOBODY,
    formula="y = white * (x - least) / (greatest - least)",
    others=("ImageMagick's -normalize lets a share of the pixels turn black and white",),
    laws=lambda: (
        law.reaches(0, 1),
        law.ignores("half the contrast on a third of white", lambda x: 0.5 * x + 1 / 3),
        law.idempotent(),
    ),
)
def stretch() -> Operation:
    """Map the lowest value of the image to black and the highest to white."""
    return Pointwise(point.stretched)
