"""GIMP 2.10 through GEGL: sums in linear light, edges repeated, ranks of the values themselves."""

from __future__ import annotations

import math

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.light import decoded, encoded
from imgkernels.operations import Chain, Convolve, Operation, Pointwise, Rank
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.taps import Taps

EDGE = (Border.REPLICATE,)  # abyss-policy=clamp
_WIDEST = 201
_LARGEST = (5, 5)  # of the convolution matrix


def in_light(*operations: Operation) -> Operation:
    """Return operations on what sRGB values stand for: GEGL's "RaGaBaA float"."""
    return Chain((Pointwise(decoded), *operations, Pointwise(encoded)))


def bell_row(sigma: float) -> Taps:
    """Return a sampled Gaussian of an odd number of taps, six and a half sigma wide.

    Source: GEGL, operations/common-cxx/gblur-1d.cc, gegl_gblur_1d_fir_gen_convolve_matrix.
    """
    return kernels.gaussian_taps(sigma, math.ceil(6.5 * sigma) | 1)


def _bell(sigma_y: float, sigma_x: float) -> Operation:
    return Convolve(Kernel.from_factors(*(bell_row(s) if s else [1.0] for s in (sigma_y, sigma_x))))


def _blur(sigma: float | None, sigma_y: float | None) -> Operation:
    along_x = 2.0 if sigma is None else sigma
    return in_light(_bell(sigma_y or along_x, along_x))


def _box(size: int) -> Operation:
    if size % 2 == 0:
        raise InvalidValue(f"box-blur: gimp's box-blur takes a radius: odd sizes; got {size}")
    return in_light(Convolve(kernels.box(size)))


def _custom(kernel: Kernel, normalize: bool, offset: float) -> Operation:
    middle = tuple(n // 2 for n in kernel.shape)
    fits = all(n <= most and n % 2 for n, most in zip(kernel.shape, _LARGEST, strict=True))
    if not fits or kernel.anchor != middle:
        size = " x ".join(map(str, kernel.shape))
        raise InvalidValue(
            f"custom: gimp's convolution-matrix takes odd sizes up to 5 x 5 anchored in the "
            f"middle; got {size}, anchor {kernel.anchor}"
        )
    return in_light(Convolve(kernel.normalized() if normalize else kernel, offset))


def _median(size: int) -> Operation:
    return _rank("median", 0.5, size)


def _minimum(size: int) -> Operation:
    return _rank("minimum", 0, size)


def _maximum(size: int) -> Operation:
    return _rank("maximum", 1, size)


def _percentile(percent: float, size: int) -> Operation:
    return _rank("percentile", percent / 100, size)


def _rank(name: str, share: float, size: int) -> Operation:
    if size % 2 == 0 or size > _WIDEST:
        raise InvalidValue(
            f"{name}: gimp's median-blur takes a radius: odd sizes up to {_WIDEST}; got {size}"
        )
    return Rank.share(share, size)


_RANKED = "gegl:median-blur radius=(size-1)/2 neighborhood=square high-precision=true{}"

DIALECT = Dialect(
    name="gimp",
    version="2.10",
    source="GEGL 0.4.42, operations/common and common-cxx, the filters of GIMP 2.10",
    dtypes=("uint8", "uint16"),
    alpha=False,
    bell=Bell("size", "gegl in.png -o out.png -- gegl:gaussian-blur std-dev-x={value}"),
    rules={
        "blur": Rule(
            "gegl:gaussian-blur std-dev-x=sigma std-dev-y=sigma_y filter=fir abyss-policy=clamp",
            _blur,
            EDGE,
        ),
        "box-blur": Rule("gegl:box-blur radius=(size-1)/2", _box, EDGE),
        "custom": Rule(
            "gegl:convolution-matrix a1=... e5=... divisor=1 offset=offset border=clamp",
            _custom,
            EDGE,
        ),
        "median": Rule(_RANKED.format(""), _median, EDGE),
        "minimum": Rule(_RANKED.format(" percentile=0"), _minimum, EDGE),
        "maximum": Rule(_RANKED.format(" percentile=100"), _maximum, EDGE),
        "percentile": Rule(_RANKED.format(" percentile=percent"), _percentile, EDGE),
    },
    notes=(
        "checked against GEGL 0.4.42, which computes GIMP's filters, on grey and RGB of 8 and 16 "
        "bits as its program reads and writes them; not against GIMP itself, and not with alpha",
        "sums are made in linear light: sRGB values are decoded before and encoded after",
        "blur is filter=fir, as a kernel is one; GIMP's own choice, filter=auto, takes a recursion "
        "for wide blurs that is up to 13 levels of 255 off at the edge for sigma 2",
        "median-blur is that of high-precision=true; else it counts levels of 8 bits in 16 too",
        "unsharp-mask is not here: its blur is that recursion; nor are edge-sobel, edge-laplace, "
        "emboss and difference-of-gaussians, none of which was reproduced within a level",
    ),
)
