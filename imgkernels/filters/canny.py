"""Canny's edges."""

from __future__ import annotations

from typing import Annotated

from imgkernels.operations import Canny, Operation
from imgkernels.operations.canny import HIGH, LOW
from imgkernels.operations.thresholds import Auto
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import CANNY, FANG, OTSU, ROSEBROCK

_SLOPE = "slope where a line {}, as a share of white per pixel; {:g} unless given or chosen"
_LOW, _HIGH = _SLOPE.format("may go on", LOW), _SLOPE.format("starts", HIGH)
_AUTO = "the image chooses what is not given: by its slopes, or by its levels"


@register(Family.EDGE, ndims=(2,), sources=(CANNY, OTSU, FANG, ROSEBROCK))
def canny(
    sigma: Annotated[float, Param("smoothing before", unit="px", least=0, most=100)] = 1.4,
    low: Annotated[float | None, Param(_LOW, least=0, most=1)] = None,
    high: Annotated[float | None, Param(_HIGH, least=0, most=1)] = None,
    auto: Annotated[Auto | None, Param(_AUTO)] = None,
) -> Operation:
    """Canny's edges: white lines one pixel wide on black.

    Thresholds are slopes of the smoothed image, as shares of white per pixel, and mean the same for
    all dtypes. `auto` chooses those that are not given. otsu: high parts the slopes into two
    classes by Otsu's rule (1979), low is half of it (Fang, Yue and Yu, 2009). median: 0.67 and
    1.33 times the median level over 8, as many scripts take from the levels for OpenCV's Sobel of
    gain 8 (Rosebrock, 2015); a brighter image then has fewer edges.
    """
    return Canny(sigma, low, high, auto)
