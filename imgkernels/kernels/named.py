"""Small kernels that other programs made known: smooth, detail, edge-enhance, four embosses."""

from __future__ import annotations

from typing import Literal

from imgkernels.errors import unknown
from imgkernels.kernel import Kernel
from imgkernels.kernels.effects import emboss, sharpen
from imgkernels.kernels.second import laplacian
from imgkernels.kernels.smooth import box, gaussian, identity

PillowName = Literal[
    "blur", "contour", "detail", "edge-enhance", "edge-enhance-more", "emboss",
    "find-edges", "sharpen", "smooth", "smooth-more",
]  # fmt: skip
EmbossName = Literal["ours", "pillow", "gimp", "php"]


def pillow(name: PillowName = "smooth") -> Kernel:
    """Return one of Pillow's fixed kernels, scaled; its offsets (emboss, contour) are not in it.

    Most are known kernels with a number of their own: the sharpeners are the identity minus a
    share of a Laplacian. Source: Pillow, ImageFilter.

    >>> (pillow("smooth") * 13).taps.round(12).tolist()
    [[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]
    """
    if name not in _PILLOW:
        raise unknown("kernel of Pillow's", str(name), _PILLOW)
    return _PILLOW[name]


def emboss_variant(name: EmbossName = "ours") -> Kernel:
    """Return one of four kernels that are called emboss; no two mean the same.

    `ours`, `pillow` (two taps) and `php` (lit from below, a manual's example) sum to 0 and want
    mid-grey added. `gimp` is the identity and a relief at once: it sums to 1 and keeps the colours.
    """
    if name not in _EMBOSS:
        raise unknown("emboss", str(name), _EMBOSS)
    return _EMBOSS[name]


def sharpen_gaussian(sigma: float = 1.0, *, ndim: int = 2, truncate: float = 4.0) -> Kernel:
    """Return a Gaussian turned over around a middle of twice its sum, scaled to a sum of 1.

    Source: ImageMagick, -sharpen (SharpenImage in effect.c); sigma in pixels.
    """
    bell = gaussian(sigma, ndim=ndim, truncate=truncate)
    middle = float(bell.taps.max())
    return ((2 + middle) * identity(ndim) - bell) / (1 + middle)


# fmt: off
_SMOOTH_MORE = Kernel([
    [1, 1,  1, 1, 1],
    [1, 5,  5, 5, 1],
    [1, 5, 44, 5, 1],
    [1, 5,  5, 5, 1],
    [1, 1,  1, 1, 1],
]) / 100

_EMBOSS = {
    "ours": emboss(),
    "pillow": Kernel([
        [-1, 0, 0],
        [ 0, 1, 0],
        [ 0, 0, 0],
    ]),
    "gimp": Kernel([
        [-2, -1, 0],
        [-1,  1, 1],
        [ 0,  1, 2],
    ]),
    "php": Kernel([
        [2,  0,  0],
        [0, -1,  0],
        [0,  0, -1],
    ]),
}
# fmt: on

_PILLOW = {
    "blur": (25 * box(5) - 9 * box(3)) / 16,
    "contour": -laplacian("all"),
    "detail": sharpen(1 / 6),
    "edge-enhance": sharpen(1 / 2, "all"),
    "edge-enhance-more": sharpen(1, "all"),
    "emboss": _EMBOSS["pillow"],
    "find-edges": -laplacian("all"),
    "sharpen": sharpen(1 / 8, "all"),
    "smooth": (9 * box(3) + 4 * identity()) / 13,
    "smooth-more": _SMOOTH_MORE,
}
