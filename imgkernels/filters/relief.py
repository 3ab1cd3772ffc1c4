"""Filters that light the image from one side."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels
from imgkernels.operations import Convolve, Operation
from imgkernels.param import Param
from imgkernels.registry import Family, register


@register(Family.RELIEF, ndims=(2,))
def emboss(
    depth: Annotated[float, Param("height of the relief", above=0, most=10)] = 1.0,
) -> Operation:
    """Light from the upper left, on mid-grey."""
    return Convolve(kernels.emboss(depth), offset=0.5)
