"""Filters that make a picture of a picture."""

from __future__ import annotations

from typing import Annotated, Literal

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.errors import InvalidValue
from imgkernels.filters import claims
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
from imgkernels.registry import register
from imgkernels.sources import ASTOLA

Median = Literal["marginal", "vector"]
_MEDIAN = Param("of each channel, or of whole colours, so that no colour is new")
Strength = Annotated[float, Param("0 leaves the picture as it is", least=0, most=1)]


def _bell(sigma: float, frame: Frame) -> Operation:
    return Convolve(kernels.gaussian(frame.pixels(sigma), ndim=frame.ndim, truncate=frame.truncate))


def _slopes(factor: float, frame: Frame) -> Operation:
    along = enumerate(frame.steps)
    return Magnitude(
        tuple(kernels.sobel(a, ndim=frame.ndim) * (factor / step) for a, step in along)
    )


def _lines(sigma: float, scale: float, ndim: int) -> tuple[law.Law, ...]:
    """Claim a Gaussian, and Sobel's derivatives along all axes after it."""
    slopes = claims.of_sobel(3, "x", "kernel", ndim)[1:]  # whose gain is scaled
    full = scale * 2.0 ** (2 * ndim - 1)
    return (
        *(each for claim in claims.of_bell(sigma) for each in law.nth(1, claim)),
        *law.nth(ndim + 1, law.differentiates("x", gain=full), *slopes),
        *law.after(1, law.same_along_each_axis()),
    )


@register(
    Family.EFFECT,
    spacing=True,
    sources=(ASTOLA,),
    formula="sharpen(median of x); vector: of 3 x 3 colours of the vector median nearest to that",
    others=("ImageMagick's -paint takes the most frequent colour, its -kuwahara the evenest",),
    laws=lambda amount, median: (
        law.adds_laplacian(-amount),
        law.isotropic(),
        *([law.own_colours()] if median == "vector" else []),
    ),
)
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
    kernel = Convolve(kernels.sharpen(amount, ndim=frame.ndim, spacing=frame.spacing))
    if median == "marginal":
        return Chain((Rank.median(frame.odd_window(size), frame.ndim), kernel))
    window = frame.odd_window(size)
    if max(window) > MOST_VECTORS:
        raise InvalidValue(
            f"watercolor: size must be at most {MOST_VECTORS} px for the vector median; "
            f"got {max(window)}"
        )
    return Chain((VectorMedian.within(window, frame.steps), OwnColour(kernel)))


@register(
    Family.EFFECT,
    spacing=True,
    aliases=("bloom",),
    unsourced="Screen a blurred copy of the lights: a darkroom's recipe.",
    formula="1 - (1 - x)(1 - strength * Gaussian of ((x - level) / (1 - level), at least 0))",
    laws=lambda sigma: (*claims.of_bell(sigma), law.never_darkens(), law.within()),
)
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


@register(
    Family.EFFECT,
    spacing=True,
    aliases=("pencil",),
    unsourced="Colour dodge with a blurred negative: a recipe of picture editors.",
    formula="min(g / Gaussian of g, 1), g the brightness",
    others=(
        "OpenCV's pencilSketch smooths and keeps edges first, ImageMagick's -sketch draws on noise",
    ),
    laws=lambda sigma: (
        *claims.of_bell(sigma),
        law.maps({0.5: 1}),
        law.ignores("half the contrast", lambda x: 0.5 * x),
        law.within(),
    ),
)
def sketch(sigma: Sigma = 5.0, *, frame: Frame) -> Operation:
    """Pencil lines on white paper: the brightness divided by what surrounds it."""
    return Chain((Pointwise(point.grey), Blend(_bell(sigma, frame), combine.dodge)))


@register(
    Family.EFFECT,
    spacing=True,
    unsourced="Edges turned to black on white: ImageMagick's recipe, with Sobel's gradient.",
    formula="1 - strength / 4 * |Sobel of Gaussian of g|, g the brightness",
    others=("ImageMagick's -charcoal blurs after finding edges, and stretches the contrast",),
    laws=lambda sigma, strength, frame: (
        *_lines(sigma, strength / 4, frame.ndim),
        law.maps({0.5: 1}),
        law.ignores("inversion", lambda x: 1 - x),
    ),
)
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


@register(
    Family.EFFECT,
    spacing=True,
    aliases=("cartoon",),
    unsourced="Outlines over the picture, as in comics.",
    formula="x (1 - strength * min(|Sobel of Gaussian of g| / 2, 1)), g the brightness",
    laws=lambda sigma, frame: (
        *_lines(sigma, 0.5, frame.ndim),
        law.maps({0.5: 0.5}),
        law.never_brightens(),
        law.within(),
    ),
)
def ink(
    sigma: Sigma = 1.2,
    strength: Strength = 0.9,
    *,
    frame: Frame,
) -> Operation:
    """Draw the outlines of the picture over it in black."""
    lines = Chain((Pointwise(point.grey), _bell(sigma, frame), _slopes(0.5, frame)))
    return Blend(lines, combine.darken, (strength,))
