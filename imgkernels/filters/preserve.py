"""Filters that smooth and keep edges: Kuwahara, bilateral, vector median."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Annotated

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels import law
from imgkernels.border import pad
from imgkernels.entry import Family
from imgkernels.filters.knobs import MOST_VECTORS
from imgkernels.operations import Bilateral, Frame, Kuwahara, Operation, VectorMedian
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import ASTOLA, KUWAHARA, TOMASI
from imgkernels.values import Array, Floats

_SIGMA = Param("width of the Gaussian in space", unit="px", least=0.3, most=100)
_COLOUR = Param("width of the Gaussian in colour, a share of white", least=0.001, most=10)
_RADIUS = Param("radius of the window; 1.5 sigma unless given", unit="px", least=1, most=200)


def _evenest(radius: int) -> Callable[[law.Case, Floats], Array]:
    """Compute Kuwahara's filter from its definition, corner by corner."""

    def answer(case: law.Case, x: Floats) -> Array:
        ndim, size = case.frame.ndim, radius + 1
        whole = pad(x, [(radius, radius)] * ndim, case.frame.border)
        windows = sliding_window_view(whole, (size,) * ndim, axis=tuple(range(ndim)))
        flat = windows.reshape(*windows.shape[: ndim + 1], -1)
        means, varied = flat.mean(axis=-1), flat.var(axis=-1).sum(axis=-1)
        places = [
            tuple(slice(s, s + n) for s, n in zip(start, x.shape[:ndim], strict=True))
            for start in itertools.product((0, radius), repeat=ndim)
        ]
        least = np.argmin([varied[place] for place in places], axis=0)[np.newaxis, ..., np.newaxis]
        corners = np.stack([means[place] for place in places])
        evenest: Array = np.take_along_axis(corners, least, axis=0)[0]
        return evenest

    return answer


@register(
    Family.PRESERVE, spacing=True, sources=(KUWAHARA,),
    formula="the mean of the one of four overlapping corners whose variance is the least",
    others=("ImageMagick's -kuwahara measures variance on blurred luma, and takes a pixel",),
    laws=lambda radius, frame: (
        law.equals("is the mean of the corner that varies least", _evenest(radius)),
        law.commutes("half the contrast", lambda x: 0.5 * x),
        law.within(),
        *([law.keeps_steps()] if radius <= (8 if frame.ndim < 3 else 3) else []),
    ),
)  # fmt: skip
def kuwahara(
    radius: Annotated[int, Param("from the pixel to the edge", unit="px", least=1, most=100)] = 3,
    *,
    frame: Frame,
) -> Operation:
    """Mean of the evenest corner of the window: even patches, edges kept, as if painted.

    Beside what is missing, means and variances are those of what is there; a corner without a
    value does not compete, and one of a single value only where there is no other.
    """
    return Kuwahara(frame.reach(radius))


@register(
    Family.PRESERVE, spacing=True, sources=(TOMASI,),
    formula="sum of w x / sum of w, w = exp(-|p - q|^2 / 2 sigma^2 - |x(p) - x(q)|^2 / 2 colour^2)",
    others=(
        "OpenCV measures the colour in levels, works in 8 bits and float32 on 1 or 3 channels only",
        "scikit-image takes Euclid's distance of colours and a square window",
    ),
    laws=lambda sigma, sigma_colour, radius: (
        law.commutes("inversion", lambda x: 1 - x),
        law.commutes("a quarter of white", lambda x: x + 0.25),
        law.within(0, 1),
        *([law.keeps_steps()] if sigma_colour <= 0.2 else []),
    ),
)  # fmt: skip
def bilateral(
    sigma: Annotated[float, _SIGMA] = 4.0,
    sigma_colour: Annotated[float, _COLOUR] = 0.1,
    radius: Annotated[int | None, _RADIUS] = None,
    *,
    frame: Frame,
) -> Operation:
    """Blur that leaves out neighbours of another colour: skin smooth, edges sharp.

    As OpenCV's: the window is a disk (a ball) of 1.5 sigma, the distance of two colours the sum of
    those of their channels. OpenCV computes it for images of 1 or 3 channels on two axes, up to 16
    bits or float32, whose range is at most 1000 sigma_colour; all others are computed here, alike
    but slower. A missing pixel has no colour to compare with: where it is filled, its neighbours
    weigh by their distance in space alone.
    """
    wide = max(1, round(1.5 * sigma)) if radius is None else radius
    return Bilateral(sigma, sigma_colour, wide, frame.steps)


@register(
    Family.RANK, spacing=True, sources=(ASTOLA,),
    formula="of the window's colours the one with the least sum of distances to all others",
    laws=lambda size: (
        law.own_colours(),
        law.commutes("inversion", lambda x: 1 - x),
        law.commutes("half the contrast", lambda x: 0.5 * x),
        law.keeps_steps(),
    ),
)  # fmt: skip
def vector_median(
    size: Annotated[
        int, Param("width of the window", unit="px", least=1, most=MOST_VECTORS, odd=True)
    ] = 3,
    *,
    frame: Frame,
) -> Operation:
    """The colour of the window that is nearest to all others: no new colours, unlike the median.

    A missing colour does not compete, and an uncertain one counts that share in the sums.
    """
    return VectorMedian.within(frame.odd_window(size), frame.steps)
