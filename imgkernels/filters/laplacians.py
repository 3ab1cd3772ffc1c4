"""More Laplacians of the field, under names that say what they are."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.filters.edges import scaled
from imgkernels.filters.knobs import Gain
from imgkernels.kernels.laplacians import Table
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import FREI_CHEN, FSPECIAL, IMAGEMAGICK

_GAINS = {"diagonal-3": 3, "wide-5": 35, "wide-7": 294, "log-5": 8, "log-9": 497}
_KSIZE = Param("width of the window", unit="px", least=3, most=99, odd=True)


@register(
    Family.EDGE, ndims=(2,), range=Range.ABS, sources=(FSPECIAL,),
    formula="((1 - alpha) laplacian of 4 + alpha laplacian of the diagonals) / (1 + alpha)",
    laws=lambda: (law.laplacian(), law.isotropic()),
)  # fmt: skip
def laplacian_alpha(
    alpha: Annotated[float, Param("weight of the diagonals", least=0, most=1)] = 0.2,
) -> Operation:
    """Laplacian with diagonals that count as much as wanted; 0.2 sees all directions alike."""
    return Convolve(kernels.laplacian_alpha(alpha))


@register(
    Family.EDGE, range=Range.ABS, sources=(IMAGEMAGICK,),
    formula="the sum of the window - its n pixels times the middle one",
    others=("ImageMagick's -edge has the opposite sign; kornia's laplacian of 5 is this one",),
    laws=lambda ksize, gain, frame: (
        law.laplacian(1 if gain == "unit" else ksize**frame.ndim * (ksize**2 - 1) / 24),
        law.isotropic(),
    ),
)  # fmt: skip
def laplacian_box(
    ksize: Annotated[int, _KSIZE] = 5, gain: Gain = "kernel", *, frame: Frame
) -> Operation:
    """A whole window against its middle: coarse edges, loud."""
    return Convolve(scaled(kernels.laplacian_box(ksize, ndim=frame.ndim), gain))


@register(
    Family.EDGE, ndims=(2,), range=Range.ABS, sources=(IMAGEMAGICK,), formula="matrix",
    others=("ImageMagick (Laplacian:2, 5, 7, 15, 19) has the opposite sign",),
    laws=lambda table, gain: (
        law.laplacian(1 if gain == "unit" else _GAINS[table]),
        law.isotropic(),
    ),
)  # fmt: skip
def laplacian_table(
    table: Annotated[Table, Param("which table of whole numbers")] = "log-5",
    gain: Gain = "kernel",
) -> Operation:
    """Laplacians printed as whole numbers; log-5 and log-9 smooth by about 1.4 px before."""
    return Convolve(scaled(kernels.laplacian_table(table), gain))


@register(
    Family.EDGE, ndims=(2,), range=Range.ABS, sources=(FREI_CHEN, IMAGEMAGICK),
    formula="second difference along x of the second difference along y",
    others=("ImageMagick calls it Laplacian:3, which it is not: its second moments are all 0",),
    laws=lambda: (law.derives((2, 2)), law.isotropic(), law.rank(1)),
)  # fmt: skip
def mixed_fourth() -> Operation:
    """The fourth derivative, twice along each axis: answers to points and corners alone."""
    return Convolve(kernels.mixed_fourth())
