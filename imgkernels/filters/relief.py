"""Filters that light the image from one side."""

from __future__ import annotations

import math
from typing import Annotated

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.operations import Convolve, Operation
from imgkernels.param import Param
from imgkernels.registry import register


@register(
    Family.RELIEF,
    ndims=(2,),
    unsourced="One of many matrices of that name; its sum of 0 and the light decide.",
    formula="matrix, times depth; mid-grey is added",
    others=(
        "Pillow's EMBOSS is (-1, 0, 0; 0, 1, 0; 0, 0, 0), sum 0, with 128 added",
        "setosa's and GIMP's is (-2, -1, 0; -1, 1, 1; 0, 1, 2), sum 1, nothing added",
        "PHP's manual has (2, 0, 0; 0, -1, 0; 0, 0, -1), sum 0, with 127 added",
        "ImageMagick's -emboss equalises the histogram as well",
    ),
    laws=lambda depth: (
        law.matrix(((-1, -1, 0), (-1, 0, 1), (0, 1, 1)), depth),
        law.sums_to(0),
        law.gain(4 * math.sqrt(2) * depth, 1),
        law.half_turn(-1),
        law.diagonal(),
    ),
)
def emboss(
    depth: Annotated[float, Param("height of the relief", above=0, most=10)] = 1.0,
) -> Operation:
    """Light from the upper left, on mid-grey."""
    return Convolve(kernels.emboss(depth), offset=0.5)
