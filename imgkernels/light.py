"""Linear light and brightness: sRGB decoded and encoded exactly, and the luma of its colours."""

from __future__ import annotations

import numpy as np

from imgkernels.operations.operation import ieee
from imgkernels.operations.point import LUMA
from imgkernels.values import Array, Floats, compute_dtype

# IEC 61966-2-1:1999, 5.2: a straight piece below, a power above, of shares of white.
_CUT_ENCODED, _CUT_LINEAR = 0.04045, 0.0031308
_SLOPE, _OFFSET, _POWER = 12.92, 0.055, 2.4


def decoded(x: Array, white: float) -> Floats:
    """Return the light that sRGB values stand for; black and white stay where they are.

    Values below black and above white go on along the curve, mirrored at black.

    >>> decoded(np.array([0, 188, 255], np.uint8), 255.0).round().tolist()
    [0.0, 128.0, 255.0]
    """
    if x.dtype.kind == "u" and x.dtype.itemsize <= 2:  # as many levels as a table has room for
        table: Floats = _decoded(np.arange(np.iinfo(x.dtype).max + 1, dtype=np.float32), white)
        return table[x]
    return _decoded(x.astype(compute_dtype(x.dtype), copy=False), white)


def encoded(x: Floats, white: float) -> Floats:
    """Return the sRGB values of light: what `decoded` undoes.

    >>> encoded(np.array([0.0, 0.5, 1.0]), 1.0).round(3).tolist()
    [0.0, 0.735, 1.0]
    """
    share = np.abs(x) / x.dtype.type(white)
    high = (1 + _OFFSET) * np.power(share, 1 / _POWER) - _OFFSET
    found = np.where(share <= _CUT_LINEAR, share * _SLOPE, high)
    return np.copysign(found, x) * x.dtype.type(white)


def _decoded(x: Floats, white: float) -> Floats:
    share = np.abs(x) / x.dtype.type(white)
    with ieee():
        high = np.power((share + _OFFSET) / (1 + _OFFSET), _POWER)
    found = np.where(share <= _CUT_ENCODED, share / _SLOPE, high)
    light: Floats = np.copysign(found, x) * x.dtype.type(white)
    return light


def luma(x: Array) -> Floats:
    """Return Y', the BT.709 luma of encoded `(*space, 3)` values, as `(*space, 1)`; grey is itself.

    >>> luma(np.array([[0.0, 1.0, 0.0]])).tolist()
    [[0.7152]]
    """
    y = x.astype(compute_dtype(x.dtype), copy=False)
    if y.shape[-1] == 1:
        return y
    red, green, blue = (y[..., c : c + 1] * y.dtype.type(LUMA[c]) for c in range(3))
    brightness: Floats = red + green + blue
    return brightness


def doubt_of(profile: bytes | None) -> str | None:
    """Return what to tell who filters in linear light a picture whose profile is not sRGB's."""
    if profile is None or any("sRGB".encode(code) in profile for code in ("ascii", "utf-16-be")):
        return None
    return "the picture's colour profile does not call itself sRGB; its values were read as sRGB"
