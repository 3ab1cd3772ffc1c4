"""First derivatives along the diagonals, two by two pixels."""

from __future__ import annotations

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.filters import claims
from imgkernels.filters.edges import scaled
from imgkernels.filters.knobs import Gain
from imgkernels.operations import Convolve, Magnitude, Operation, Range
from imgkernels.registry import register
from imgkernels.sources import ROBERTS


@register(
    Family.EDGE,
    ndims=(2,),
    sources=(ROBERTS,),
    formula="matrix; y = sqrt of the sum of squares of both answers",
    others=("scikit-image divides by sqrt 2; ImageMagick's Roberts is another, 3 x 3 kernel",),
    laws=lambda gain: (
        *law.nth(1, *claims.of_roberts(((1, 0), (0, -1)), 1, gain)),
        *law.nth(2, *claims.of_roberts(((0, 1), (-1, 0)), -1, gain)),
        law.turned_quarter(),
    ),
)
def roberts(gain: Gain = "kernel") -> Operation:
    """Roberts' cross: the magnitude of its two diagonal differences."""
    return Magnitude(tuple(scaled(kernels.roberts(d), gain) for d in (0, 1)))


@register(
    Family.EDGE,
    range=Range.ABS,
    ndims=(2,),
    sources=(ROBERTS,),
    formula="matrix",
    others=("scikit-image turns it by half: the other sign, and the pixel down and right",),
    laws=lambda gain: claims.of_roberts(((1, 0), (0, -1)), 1, gain),
)
def roberts_x(gain: Gain = "kernel") -> Operation:
    """Roberts' first diagonal: up and left minus the pixel."""
    return Convolve(scaled(kernels.roberts(0), gain))


@register(
    Family.EDGE,
    range=Range.ABS,
    ndims=(2,),
    sources=(ROBERTS,),
    formula="matrix",
    others=("scikit-image turns it by half: the other sign, and the pixel down and right",),
    laws=lambda gain: claims.of_roberts(((0, 1), (-1, 0)), -1, gain),
)
def roberts_y(gain: Gain = "kernel") -> Operation:
    """Roberts' second diagonal: up minus left."""
    return Convolve(scaled(kernels.roberts(1), gain))
