"""Canny's edges."""

from __future__ import annotations

from typing import Annotated

from imgkernels import law
from imgkernels.entry import Family
from imgkernels.operations import Canny, Frame, Operation
from imgkernels.operations.canny import HIGH, LOW
from imgkernels.operations.thresholds import Auto
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import CANNY, FANG, OTSU, ROSEBROCK

_SLOPE = "slope where a line {}, as a share of white per pixel; {:g} unless given or chosen"
_LOW, _HIGH = _SLOPE.format("may go on", LOW), _SLOPE.format("starts", HIGH)
_AUTO = "the image chooses what is not given: by its slopes, or by its levels"


@register(
    Family.EDGE,
    spacing=True,
    ndims=(2,),
    sources=(CANNY, OTSU, FANG, ROSEBROCK),
    formula="ridges of |gradient of Gaussian of x| from high, and those from low that touch them",
    others=(
        "OpenCV does not smooth, takes thresholds in 8-bit levels times Sobel's gain of 8, and "
        "measures |gx| + |gy| by default",
        "scikit-image's thresholds are shares of the dtype's range, or quantiles; kornia's are "
        "for Sobel of gain 1, ITK's are 0 by default, libvips has none",
    ),
    laws=lambda sigma, low, high, auto: (
        law.values((0, 1)),
        *([law.draws_steps()] if sigma <= 2 and (low, high, auto) == (None,) * 3 else []),
        *law.nth(1, law.sums_to(1), law.isotropic()),
        *law.nth(2, law.differentiates("y"), law.odd("y"), law.rank(1)),
        *law.nth(3, law.differentiates("x"), law.odd("x"), law.rank(1)),
        *([law.ignores("exchanged black and white", lambda x: 1 - x)] if auto != "median" else []),
    ),
)
def canny(
    sigma: Annotated[float, Param("smoothing before", unit="px", least=0, most=100)] = 1.4,
    low: Annotated[float | None, Param(_LOW, least=0, most=1)] = None,
    high: Annotated[float | None, Param(_HIGH, least=0, most=1)] = None,
    auto: Annotated[Auto | None, Param(_AUTO)] = None,
    *,
    frame: Frame,
) -> Operation:
    """Canny's edges: white lines one pixel wide on black.

    Thresholds are slopes of the smoothed image, as shares of white per pixel, and mean the same for
    all dtypes. `auto` chooses those that are not given. otsu: high parts the slopes into two
    classes by Otsu's rule (1979), low is half of it (Fang, Yue and Yu, 2009). median: 0.67 and
    1.33 times the median level over 8, as many scripts take from the levels for OpenCV's Sobel of
    gain 8 (Rosebrock, 2015); a brighter image then has fewer edges.
    """
    y, x = frame.steps
    return Canny(frame.pixels(sigma), low, high, auto, (y, x))
