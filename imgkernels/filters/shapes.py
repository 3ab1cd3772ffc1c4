"""Means over a shape, and one-sided motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import Theta
from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Frame, Operation
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import IMAGEMAGICK

Shape = Literal["disk", "ring", "diamond", "octagon", "plus", "cross"]

_INNER = Param("radius of a ring's hole; half the radius unless given", "px", least=0, most=100)
_SHAPES: dict[str, Callable[..., Kernel]] = {
    "diamond": kernels.diamond,
    "octagon": kernels.octagon,
    "plus": kernels.plus,
    "cross": kernels.cross,
}


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("shape",),
    ndims=(2,),
    sources=(IMAGEMAGICK,),
    formula="1 / n over the n pixels of the shape; a disk weighs pixels by how much it covers",
    others=("ImageMagick's shapes are sets of pixels; its disk has no pixels in part",),
    laws=lambda shape: (
        law.sums_to(1),
        law.isotropic(),
        law.positive() if shape == "disk" else law.even_taps(),
    ),
)
def shape_blur(
    shape: Annotated[Shape, Param("what the mean is taken over")] = "diamond",
    radius: Annotated[int, Param("from the middle to the edge", unit="px", least=1, most=100)] = 5,
    inner: Annotated[float | None, _INNER] = None,
    *,
    frame: Frame,
) -> Operation:
    """Mean over a shape: disk, ring, diamond, octagon, plus or cross."""
    if shape == "ring":
        hole = radius / 2 if inner is None else inner
        return Convolve(kernels.ring(hole, radius, spacing=frame.steps))
    if inner is not None:
        raise InvalidValue(f"shape-blur: inner is for a ring; got the shape {shape!r}")
    if shape == "disk":
        return Convolve(kernels.disk(frame.pixels(radius)))
    return Convolve(_SHAPES[shape](radius, spacing=frame.steps))


@register(
    Family.SMOOTH,
    spacing=True,
    aliases=("comet",),
    ndims=(2,),
    sources=(IMAGEMAGICK,),
    formula="exp(-a^2 / 2 sigma^2) (1 - d), a along the tail and d < 1 beside it; sum 1",
    others=("ImageMagick's Comet turns in steps of 90 degrees",),
    laws=lambda sigma, angle: (
        law.sums_to(1),
        law.positive(),
        *([law.trails(angle + 180, within=4)] if sigma >= 2 else []),  # or it is no tail yet
    ),
)
def comet_blur(
    sigma: Annotated[float, Param("length of the tail", unit="px", least=0.3, most=200)] = 8.0,
    angle: Theta = 0.0,
    *,
    frame: Frame,
) -> Operation:
    """Smear to one side: bright points grow tails that fade, as comets have them."""
    return Convolve(kernels.comet(sigma, angle, spacing=frame.steps))
