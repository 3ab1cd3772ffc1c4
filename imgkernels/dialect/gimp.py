"""GIMP's engine GEGL, as its program runs it: Gaussians in linear light, ranks of squares."""

from __future__ import annotations

import math

import numpy as np

from imgkernels import kernels
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.operations import Cast, Chain, Convolve, Frame, Operation, Pointwise, Rank
from imgkernels.rule import Bell, Dialect, Rule
from imgkernels.values import Floats

EDGE = (Border.REPLICATE,)  # abyss-policy clamp, its default


def _blur(sigma: float | None, *, frame: Frame) -> Operation:
    width = 2.0 if sigma is None else sigma
    if width == 0:
        return Chain(())
    bell = kernels.gaussian(width, math.ceil(6.5 * width) | 1)
    light = (Cast("float64"), Pointwise(to_light), Convolve(bell), Pointwise(from_light))
    return Chain((*light, Cast(frame.dtype.name)))


def _median(size: int) -> Operation:
    return _percentile(50.0, size)


def _minimum(size: int) -> Operation:
    return _percentile(0.0, size)


def _maximum(size: int) -> Operation:
    return _percentile(100.0, size)


def _percentile(percent: float, size: int) -> Operation:
    if size > 201:
        raise InvalidValue(f"gimp: median-blur has sizes up to 201; got {size}")
    return Rank.share(percent / 100, size)


# IEC 61966-2-1:1999, 5.2.
def to_light(x: Floats, white: float) -> Floats:
    """Return shares of light that sRGB values stand for."""
    share = x / white
    light: Floats = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return light


def from_light(light: Floats, white: float) -> Floats:
    """Return the sRGB values of shares of light."""
    high = 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055
    values: Floats = np.where(light <= 0.0031308, light * 12.92, high) * white
    return values


_RANK = "gegl:median-blur neighborhood=square radius={{(size - 1) / 2}} percentile={}"

DIALECT = Dialect(
    name="gimp",
    version="2.10",
    source="GEGL 0.4, gblur-1d.c and median-blur.c in operations/common; its program gegl",
    dtypes=("uint8", "uint16"),
    alpha=False,
    bell=Bell("size", "gegl:gaussian-blur filter=fir std-dev-x={value} std-dev-y={value}"),
    rules={
        "blur": Rule("gegl:gaussian-blur filter=fir std-dev-x={sigma}", _blur, EDGE),
        "median": Rule(_RANK.format("50"), _median, EDGE),
        "minimum": Rule(_RANK.format("0"), _minimum, EDGE),
        "maximum": Rule(_RANK.format("100"), _maximum, EDGE),
        "percentile": Rule(_RANK.format("{percent}"), _percentile, EDGE),
    },
    notes=(
        "GIMP calls sigma size, and blurs in linear light; from 1 px on it does so by a recursion "
        "unless filter=fir asks for the kernel, which is what is followed here",
        "box-blur, edge-sobel and edge-laplace are not here: they grow the picture and see "
        "transparency around it; emboss and unsharp-mask were not measured",
    ),
)
