"""Edges found with a set of turned masks: the strongest answer, or the direction that gave it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.filters.edges import GainWord, scaled
from imgkernels.filters.knobs import Gain
from imgkernels.kernel import Kernel
from imgkernels.kernels.compass import DIRECTIONS
from imgkernels.operations import Convolve, Operation, Projection, Strongest
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import FREI_CHEN, KIRSCH, PREWITT, ROBINSON

Shown = Annotated[
    Literal["strength", "direction"],
    Param("the strongest answer, or its direction: E is black, then counter-clockwise"),
]
_EDGE, _LINE = (1, 2, 3, 4), (5, 6, 7, 8)


def _compass(
    east: tuple[tuple[float, ...], ...], show: str, gain: str, slope: float
) -> tuple[law.Law, ...]:
    """Claim what the masks for the eight directions are, from the one for east and its gain."""
    shown = law.values([n / 8 for n in range(8)]) if show == "direction" else law.maps({0.25: 0.0})
    scale = 1 / slope if gain == "unit" else 1.0
    turned = law.gain(1, 1) if gain == "unit" else law.turned_rings()
    first = law.nth(1, law.matrix(east, scale), law.sums_to(0))
    return (*first, turned, law.points(45), shown)


def _eight(maker: Callable[..., Kernel], show: str, gain: GainWord) -> Operation:
    masks = (scaled(maker(direction), gain) for direction in DIRECTIONS)
    return Strongest(tuple(map(Convolve, masks)), which=show == "direction")


@register(
    Family.EDGE,
    ndims=(2,),
    sources=(KIRSCH,),
    formula="matrix; y is the largest of the eight answers",
    others=(
        "ImageMagick prints the masks turned by half, for true convolution",
        "public code has the masks in other orders, some of them twice (centrosome, kagefunc)",
    ),
    laws=lambda show, gain: _compass(((-3, -3, 5), (-3, 0, 5), (-3, -3, 5)), show, gain, 24),
)
def kirsch(show: Shown = "strength", gain: Gain = "kernel") -> Operation:
    """Kirsch's compass: the strongest of eight masks."""
    return _eight(kernels.kirsch, show, gain)


@register(
    Family.EDGE,
    ndims=(2,),
    sources=(ROBINSON,),
    formula="matrix; y is the largest of the eight answers",
    laws=lambda show, gain: _compass(((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)), show, gain, 8),
)
def robinson(show: Shown = "strength", gain: Gain = "kernel") -> Operation:
    """Robinson's compass: Sobel's mask in eight directions, the strongest answer."""
    return _eight(kernels.robinson, show, gain)


@register(
    Family.EDGE,
    ndims=(2,),
    sources=(PREWITT,),
    formula="matrix; y is the largest of the eight answers",
    others=("ImageMagick prints the masks turned by half, for true convolution",),
    laws=lambda show, gain: _compass(((-1, 1, 1), (-1, -2, 1), (-1, 1, 1)), show, gain, 6),
)
def prewitt_compass(show: Shown = "strength", gain: Gain = "kernel") -> Operation:
    """Prewitt's compass: the strongest of eight masks."""
    return _eight(kernels.prewitt_compass, show, gain)


@register(
    Family.EDGE,
    ndims=(2,),
    sources=(FREI_CHEN,),
    formula="matrix; y = sqrt(sum over the part of (w . x)**2 / sum over all nine of (w . x)**2)",
    others=(
        "ImageMagick's FreiChen has norm 2 where it should be 1, its types 12 and 17 do not sum "
        "to 0, and the set is not orthogonal",
    ),
    laws=lambda part: (
        law.orthonormal(),
        *(each for n in range(1, 9) for each in law.nth(n, law.sums_to(0))),
        *law.nth(9, law.even_taps(1 / 3)),
        *law.nth(1, law.gain(1 + math.sqrt(2), 1) if part == "edge" else law.gain(-0.5, 2)),
        law.within(),
        law.ignores("seven times the contrast", lambda x: 7 * x),
    ),
)
def frei_chen(
    part: Annotated[Literal["edge", "line"], Param("what is looked for in the window")] = "edge",
) -> Operation:
    """How much of each 3 x 3 window is an edge, or a line, whatever its contrast."""
    wanted = _EDGE if part == "edge" else _LINE
    others = [n for n in range(1, 10) if n not in wanted]
    return Projection(
        tuple(kernels.frei_chen(n) for n in wanted), tuple(kernels.frei_chen(n) for n in others)
    )
