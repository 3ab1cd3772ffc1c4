"""The other kernels that are called emboss, named apart."""

from __future__ import annotations

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.operations import Convolve, Operation
from imgkernels.registry import register
from imgkernels.sources import GIMP, PHP, PILLOW

# As their sources print them.
_PILLOW = (-1, 0, 0), (0, 1, 0), (0, 0, 0)
_PHP = (2, 0, 0), (0, -1, 0), (0, 0, -1)
_GIMP = (-2, -1, 0), (-1, 1, 1), (0, 1, 2)


@register(
    Family.RELIEF, ndims=(2,), sources=(PILLOW,), formula="the pixel - the one up and left",
    others=("Pillow adds 128 in 8 bits, not half of white",),
    laws=lambda: (law.matrix(_PILLOW), law.sums_to(0), law.gain(2**0.5, 1), law.diagonal()),
)  # fmt: skip
def emboss_pillow() -> Operation:
    """A fine relief of two taps, lit from the lower right."""
    return Convolve(kernels.emboss_variant("pillow"), offset=0.5)


@register(
    Family.RELIEF, ndims=(2,), sources=(PHP,), formula="matrix",
    others=("PHP's example adds 127 in 8 bits, not half of white",),
    laws=lambda: (law.matrix(_PHP), law.sums_to(0), law.gain(3 * 2**0.5, 1), law.diagonal()),
)  # fmt: skip
def emboss_php() -> Operation:
    """A coarse relief, lit from the upper left: the far corner counts twice."""
    return Convolve(kernels.emboss_variant("php"), offset=0.5)


@register(
    Family.EFFECT, aliases=("emboss-setosa",), ndims=(2,), sources=(GIMP,), formula="matrix",
    others=("it sums to 1 and keeps the colours, which other reliefs do not",),
    laws=lambda: (law.matrix(_GIMP), law.sums_to(1), law.diagonal()),
)  # fmt: skip
def emboss_gimp() -> Operation:
    """The picture in relief, its colours kept: its kernel sums to 1."""
    return Convolve(kernels.emboss_variant("gimp"))
