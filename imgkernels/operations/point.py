"""Operations that look at one pixel at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, ieee
from imgkernels.operations.reach import Reach
from imgkernels.values import Array, Floats, compute_dtype

Curve = Callable[..., Floats]
Scalar = np.floating[Any]

# ITU-R BT.709, part 1: how much red, green and blue add to brightness.
LUMA = (0.2126, 0.7152, 0.0722)


@dataclass(frozen=True)
class Pointwise:
    """A curve `f(x, white, *knobs)` on every value; a function with a name, so that it compares."""

    curve: Curve
    knobs: tuple[float, ...] = ()

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: it looks at no neighbour."""
        return ()

    def reach(self, frame: Frame) -> Reach | None:
        """Nowhere, but for the curve that looks for the image's extremes."""
        return None if self.curve is stretched else ((0, 0),) * frame.ndim

    def run(self, x: Array, frame: Frame) -> Floats:
        """Apply the curve in the compute dtype."""
        dtype = compute_dtype(x.dtype)
        with ieee():
            y: Floats = self.curve(
                x.astype(dtype, copy=False), dtype.type(frame.white), *self.knobs
            )
        return y.astype(dtype, copy=False)


def gain(x: Floats, white: Scalar, factor: float, offset: float) -> Floats:
    """Multiply, then add a share of white."""
    return x * x.dtype.type(factor) + white * x.dtype.type(offset)


def invert(x: Floats, white: Scalar) -> Floats:
    """Exchange black and white."""
    return white - x


def absolute(x: Floats, white: Scalar) -> Floats:
    """Drop the sign."""
    return np.abs(x)


def contrast(x: Floats, white: Scalar, factor: float) -> Floats:
    """Stretch the distance from mid-grey."""
    return (x - white / 2) * x.dtype.type(factor) + white / 2


def gamma(x: Floats, white: Scalar, exponent: float) -> Floats:
    """Raise the share of white to 1 / exponent; what is below black is black."""
    return white * np.power(np.maximum(x, 0) / white, x.dtype.type(1 / exponent))


def threshold(x: Floats, white: Scalar, level: float) -> Floats:
    """White from a level up (a share of white), black below; NaN stays NaN."""
    return np.where(np.isnan(x), x, (x >= white * x.dtype.type(level)) * white)


def posterize(x: Floats, white: Scalar, levels: float) -> Floats:
    """Round to that many evenly spaced levels from black to white."""
    steps = x.dtype.type(levels - 1)
    return np.rint((x / white).clip(0, 1) * steps) / steps * white


def grey(x: Floats, white: Scalar) -> Floats:
    """Give all channels the pixel's brightness: BT.709 weights for three, else the mean."""
    weights = LUMA if x.shape[-1] == 3 else (1 / x.shape[-1],) * x.shape[-1]
    mixed = sum(x[..., c] * x.dtype.type(w) for c, w in enumerate(weights))
    return np.broadcast_to(np.asarray(mixed)[..., np.newaxis], x.shape)


def highlights(x: Floats, white: Scalar, level: float) -> Floats:
    """Keep what is brighter than a level, counted from it and scaled back to white."""
    dark = white * x.dtype.type(level)
    return (x - dark).clip(0) * (white / max(white - dark, white * x.dtype.type(1e-3)))


def stretched(x: Floats, white: Scalar) -> Floats:
    """Map the lowest value to black and the highest to white; an even image turns black."""
    if x.size == 0 or np.isnan(x).all():
        return x
    low, high = np.nanmin(x), np.nanmax(x)
    return (x - low) * (white / (high - low)) if high > low else x - low
