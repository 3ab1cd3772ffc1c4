"""Edges found with a set of turned masks: the strongest answer, or the direction that gave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from imgkernels import kernels
from imgkernels.filters.knobs import Gain
from imgkernels.kernel import Kernel
from imgkernels.kernels.compass import DIRECTIONS
from imgkernels.operations import Convolve, Operation, Projection, Strongest
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import FREI_CHEN, KIRSCH, PREWITT, ROBINSON

Shown = Annotated[
    Literal["strength", "direction"],
    Param("the strongest answer, or its direction: E is black, then counter-clockwise"),
]
_EDGE, _LINE = (1, 2, 3, 4), (5, 6, 7, 8)


def _eight(maker: Callable[..., Kernel], show: str, gain: str) -> Operation:
    masks = [maker(direction) for direction in DIRECTIONS]
    if gain == "unit":
        masks = [mask / mask.gain for mask in masks]
    return Strongest(tuple(map(Convolve, masks)), which=show == "direction")


@register(Family.EDGE, ndims=(2,), sources=(KIRSCH,))
def kirsch(show: Shown = "strength", gain: Gain = "kernel") -> Operation:
    """Kirsch's compass: the strongest of eight masks."""
    return _eight(kernels.kirsch, show, gain)


@register(Family.EDGE, ndims=(2,), sources=(ROBINSON,))
def robinson(show: Shown = "strength", gain: Gain = "kernel") -> Operation:
    """Robinson's compass: Sobel's mask in eight directions, the strongest answer."""
    return _eight(kernels.robinson, show, gain)


@register(Family.EDGE, ndims=(2,), sources=(PREWITT,))
def prewitt_compass(show: Shown = "strength", gain: Gain = "kernel") -> Operation:
    """Prewitt's compass: the strongest of eight masks."""
    return _eight(kernels.prewitt_compass, show, gain)


@register(Family.EDGE, ndims=(2,), sources=(FREI_CHEN,))
def frei_chen(
    part: Annotated[Literal["edge", "line"], Param("what is looked for in the window")] = "edge",
) -> Operation:
    """How much of each 3 x 3 window is an edge, or a line, whatever its contrast."""
    wanted = _EDGE if part == "edge" else _LINE
    others = [n for n in range(1, 10) if n not in wanted]
    return Projection(
        tuple(kernels.frei_chen(n) for n in wanted), tuple(kernels.frei_chen(n) for n in others)
    )
