"""Filters that smooth and keep edges: Kuwahara, bilateral, vector median."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from imgkernels import law
from imgkernels.filters.knobs import MOST_VECTORS
from imgkernels.operations import Bilateral, Kuwahara, Operation, VectorMedian
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import ASTOLA, KUWAHARA, TOMASI
from imgkernels.values import Floats

_SIGMA = Param("width of the Gaussian in space", unit="px", least=0.3, most=100)
_COLOUR = Param("width of the Gaussian in colour, a share of white", least=0.001, most=10)
_RADIUS = Param("radius of the window; 1.5 sigma unless given", unit="px", least=1, most=200)


def _paled(x: Floats) -> Floats:
    return 0.25 + x / 2


def _own(answer: Floats, x: Floats) -> Floats:
    """Return the answer, with NaN for every colour that is not one of the picture's."""
    colours = set(map(tuple, x.reshape(-1, x.shape[-1]).tolist()))
    found = answer.reshape(-1, x.shape[-1])
    alien = [tuple(colour) not in colours for colour in found.tolist()]
    return np.where(np.array(alien)[:, None], np.nan, found).reshape(answer.shape)


@register(
    Family.PRESERVE, sources=(KUWAHARA,),
    formula="the mean of the one of four overlapping corners whose variance is the least",
    others=("ImageMagick's -kuwahara measures variance on blurred luma, and takes a pixel",),
    laws=lambda: (law.within(), law.commutes("another level and contrast", _paled)),
)  # fmt: skip
def kuwahara(
    radius: Annotated[int, Param("from the pixel to the edge", unit="px", least=1, most=100)] = 3,
) -> Operation:
    """Mean of the evenest corner of the window: even patches, edges kept, as if painted."""
    return Kuwahara(radius)


@register(
    Family.PRESERVE, sources=(TOMASI,),
    formula="sum of w x / sum of w, w = exp(-|p - q|^2 / 2 sigma^2 - |x(p) - x(q)|^2 / 2 colour^2)",
    others=(
        "OpenCV measures the colour in levels, works in 8 bits and float32 on 1 or 3 channels only",
        "scikit-image takes Euclid's distance of colours and a square window",
    ),
    laws=lambda: (law.within(), law.commutes("another level", lambda x: x + 0.25)),
)  # fmt: skip
def bilateral(
    sigma: Annotated[float, _SIGMA] = 4.0,
    sigma_colour: Annotated[float, _COLOUR] = 0.1,
    radius: Annotated[int | None, _RADIUS] = None,
) -> Operation:
    """Blur that leaves out neighbours of another colour: skin smooth, edges sharp.

    As OpenCV's: the window is a disk (a ball) of 1.5 sigma, the distance of two colours the sum of
    those of their channels. OpenCV computes it for images of 1 or 3 channels on two axes, up to 16
    bits or float32, whose range is at most 1000 sigma_colour; all others are computed here, alike
    but slower.
    """
    return Bilateral(sigma, sigma_colour, max(1, round(1.5 * sigma)) if radius is None else radius)


@register(
    Family.RANK, sources=(ASTOLA,),
    formula="of the window's colours the one with the least sum of distances to all others",
    laws=lambda: (
        law.within(),
        law.commutes("another level and contrast", _paled),
        law.commutes("exchanged channels", lambda x: x[..., ::-1]),
        law.equals("has only colours of the picture", lambda case, x: _own(case.run(x), x)),
    ),
)  # fmt: skip
def vector_median(
    size: Annotated[
        int, Param("width of the window", unit="px", least=1, most=MOST_VECTORS, odd=True)
    ] = 3,
) -> Operation:
    """The colour of the window that is nearest to all others: no new colours, unlike the median."""
    return VectorMedian(size)
