"""Thresholds that an image chooses itself, for lines that follow its slopes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from imgkernels.values import Floats

Auto = Literal["otsu", "median"]

_FLAT = 1e-5  # share of white per pixel: less is rounding, not a slope
_ROSEBROCK = 0.33  # how far below and above the median
_SOBEL_GAIN = 8


def automatic(how: Auto, levels: Floats, slopes: Floats) -> tuple[float, float]:
    """Return the low and the high threshold for an image's levels and slopes, shares of white."""
    low, high = _by_otsu(slopes) if how == "otsu" else _by_median(levels)
    return max(low, _FLAT), max(high, _FLAT)


def otsu(values: Floats) -> float:
    """Return the level that best parts values into two classes; 0 where there are none.

    It makes the variance between the classes the largest, found on the values themselves, without
    a histogram: halfway between the two that it falls between.
    """
    ordered = np.sort(values[np.isfinite(values)], axis=None).astype(np.float64)
    if ordered.size == 0:
        return 0.0
    below = np.cumsum(ordered)[:-1]
    count = np.arange(1, ordered.size)
    rest = ordered.size - count
    between = (below * rest - (below[-1:] + ordered[-1:] - below) * count) ** 2 / (count * rest)
    best = int(np.argmax(between)) if between.size else 0
    return float(ordered[best : best + 2].mean())


def _by_otsu(slopes: Floats) -> tuple[float, float]:
    high = otsu(slopes)
    return high / 2, high


def _by_median(levels: Floats) -> tuple[float, float]:
    seen = levels[np.isfinite(levels)]
    middle = float(np.median(seen)) / _SOBEL_GAIN if seen.size else 0.0
    return (1 - _ROSEBROCK) * middle, (1 + _ROSEBROCK) * middle
