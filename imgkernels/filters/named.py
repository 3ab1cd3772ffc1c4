"""Kernels that smooth and sharpen under the names that other programs gave them."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.filters.knobs import Sigma
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import FSPECIAL, IMAGEMAGICK, PILLOW

_RESEMBLES = "Pillow's own 8-bit filter leaves a frame of 1 or 2 pixels as it is, and truncates"
_HOLLOW = ((1,) * 5, (1, 0, 0, 0, 1), (1, 0, 0, 0, 1), (1, 0, 0, 0, 1), (1,) * 5)
_SMOOTH_MORE = ((1,) * 5, (1, 5, 5, 5, 1), (1, 5, 44, 5, 1), (1, 5, 5, 5, 1), (1,) * 5)
_Alpha = Annotated[float, Param("weight of the diagonals", least=0, most=1)]


def _printed(edge: float, side: float, middle: float, times: float = 1.0) -> tuple[law.Law, ...]:
    """Claim the 3 x 3 matrix that is printed: its corners, sides and middle, and its scale."""
    outer, inner = (edge, side, edge), (side, middle, side)
    return law.matrix((outer, inner, outer), times), law.isotropic()


def _sharpens(times: float) -> tuple[law.Law, ...]:
    return law.adds_laplacian(-times), law.isotropic()


@register(
    Family.SMOOTH, ndims=(2,), sources=(PILLOW,), formula="(ones of 3 x 3 + 4 identity) / 13",
    others=(_RESEMBLES,),
    laws=lambda: (*_printed(1, 1, 5, 1 / 13), law.sums_to(1)),
)  # fmt: skip
def smooth() -> Operation:
    """Smooth a little: the pixel counts five times, its eight neighbours once."""
    return Convolve(kernels.pillow("smooth"))


@register(
    Family.SMOOTH, ndims=(2,), sources=(PILLOW,), formula="matrix", others=(_RESEMBLES,),

    laws=lambda: (law.matrix(_SMOOTH_MORE, 1 / 100), law.sums_to(1), law.isotropic()),
)  # fmt: skip
def smooth_more() -> Operation:
    """Smooth a little, over a wider window: 44, 5 around it, 1 around that."""
    return Convolve(kernels.pillow("smooth-more"))


@register(
    Family.SMOOTH, aliases=("hollow-blur",), ndims=(2,), sources=(PILLOW,),
    formula="(ones of 5 x 5 - ones of 3 x 3) / 16", others=(_RESEMBLES,),
    laws=lambda: (law.matrix(_HOLLOW, 1 / 16), law.sums_to(1), law.isotropic()),
)  # fmt: skip
def blur_pillow() -> Operation:
    """Mean of the frame of a 5 x 5 window: a hollow box, which doubles fine lines."""
    return Convolve(kernels.pillow("blur"))


@register(
    Family.SHARPEN, ndims=(2,), sources=(PILLOW,), formula="identity - laplacian / 6",
    others=(_RESEMBLES,),
    laws=lambda: (*_printed(0, -1, 10, 1 / 6), *_sharpens(1 / 6)),
)  # fmt: skip
def detail() -> Operation:
    """Sharpen gently, with the neighbours on the axes."""
    return Convolve(kernels.pillow("detail"))


@register(
    Family.SHARPEN, ndims=(2,), sources=(PILLOW,),
    formula="identity - laplacian of 8 neighbours / 8", others=(_RESEMBLES,),
    laws=lambda: (*_printed(-2, -2, 32, 1 / 16), *_sharpens(3 / 8)),
)  # fmt: skip
def sharpen_pillow() -> Operation:
    """Sharpen with all eight neighbours: 32 in the middle, -2 around it, over 16."""
    return Convolve(kernels.pillow("sharpen"))


@register(
    Family.SHARPEN, ndims=(2,), sources=(PILLOW,),
    formula="identity - laplacian of 8 neighbours / 2", others=(_RESEMBLES,),
    laws=lambda: (*_printed(-1, -1, 10, 1 / 2), *_sharpens(3 / 2)),
)  # fmt: skip
def edge_enhance() -> Operation:
    """Bring edges out strongly."""
    return Convolve(kernels.pillow("edge-enhance"))


@register(
    Family.SHARPEN, ndims=(2,), sources=(PILLOW,),
    formula="identity - laplacian of 8 neighbours", others=(_RESEMBLES,),
    laws=lambda: (*_printed(-1, -1, 9), *_sharpens(3)),
)  # fmt: skip
def edge_enhance_more() -> Operation:
    """Bring edges out harshly: 9 in the middle, -1 around it."""
    return Convolve(kernels.pillow("edge-enhance-more"))


@register(
    Family.SHARPEN, aliases=("unsharp-alpha",), ndims=(2,), sources=(FSPECIAL,),
    formula="identity - laplacian of alpha", others=("MATLAB calls it fspecial('unsharp')",),

    laws=lambda: _sharpens(1),
)  # fmt: skip
def sharpen_alpha(alpha: _Alpha = 0.2) -> Operation:
    """Sharpen by a Laplacian whose diagonals count as much as wanted."""
    return Convolve(kernels.identity() - kernels.laplacian_alpha(alpha))


@register(
    Family.SHARPEN, sources=(IMAGEMAGICK,),
    formula="((2 + g) identity - G) / (1 + g), G a Gaussian and g its middle tap",
    others=("ImageMagick cuts the Gaussian where it falls below its depth, not in sigmas",),

    laws=lambda: (law.sums_to(1), law.isotropic(), law.negative_around()),
)  # fmt: skip
def sharpen_imagemagick(sigma: Sigma = 1.0, *, frame: Frame) -> Operation:
    """Sharpen as ImageMagick's -sharpen: a Gaussian turned over around a heavy middle."""
    kernel = kernels.sharpen_gaussian(sigma, ndim=frame.ndim, truncate=frame.truncate)
    return Convolve(kernel)


@register(
    Family.EDGE, ndims=(2,), range=Range.ABS, sources=(PILLOW,),
    formula="minus the laplacian of 8 neighbours",
    others=(_RESEMBLES, "Pillow shows no negative values: as with --range clip"),

    laws=lambda: (law.laplacian(-3), *_printed(-1, -1, 8)),
)  # fmt: skip
def find_edges() -> Operation:
    """All eight neighbours against the pixel: 8 in the middle, -1 around it."""
    return Convolve(kernels.pillow("find-edges"))


@register(
    Family.EFFECT, ndims=(2,), sources=(PILLOW,),
    formula="white + minus the laplacian of 8 neighbours", others=(_RESEMBLES,),

    laws=lambda: (law.laplacian(-3), *_printed(-1, -1, 8)),
)  # fmt: skip
def contour() -> Operation:
    """Draw the dark side of edges on white paper."""
    return Convolve(kernels.pillow("contour"), offset=1.0)
