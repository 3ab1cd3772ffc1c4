"""Operations that look at one pixel at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, Operation, ieee
from imgkernels.operations.reach import Reach
from imgkernels.values import Array, Floats, compute_dtype, saturate

Curve = Callable[..., Floats]
Scalar = np.floating[Any]

_BLOCK = 1 << 15  # values that stay in cache from curve to curve

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
        return _drawn((self,), x, frame, compute_dtype(x.dtype))

    def rounded(self, x: Array, frame: Frame, dtype: np.dtype[Any]) -> Array:
        """Apply the curve and round."""
        return _drawn((self,), x, frame, dtype)


@dataclass(frozen=True)
class Curves:
    """Curves in order, each on what the one before made of some pixels while they are in cache."""

    points: tuple[Pointwise, ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: it looks at no neighbour."""
        return ()

    def reach(self, frame: Frame) -> Reach | None:
        """Nowhere; see `joined`."""
        return ((0, 0),) * frame.ndim

    def run(self, x: Array, frame: Frame) -> Floats:
        """Apply the curves in the compute dtype."""
        return _drawn(self.points, x, frame, compute_dtype(x.dtype))

    def rounded(self, x: Array, frame: Frame, dtype: np.dtype[Any]) -> Array:
        """Apply the curves and round."""
        return _drawn(self.points, x, frame, dtype)


def joined(operations: Sequence[Operation], frame: Frame) -> tuple[Operation, ...]:
    """Return the operations with curves that follow one another as one; the answer is the same."""
    found: list[Operation] = []
    for curves, group in itertools.groupby(operations, lambda each: _local(each, frame)):
        run = tuple(group)
        points = tuple(each for each in run if isinstance(each, Pointwise))
        found += (Curves(points),) if curves and len(run) > 1 else run
    return tuple(found)


def _local(operation: Operation, frame: Frame) -> bool:
    return isinstance(operation, Pointwise) and operation.reach(frame) is not None


def _drawn(points: Sequence[Pointwise], x: Array, frame: Frame, result: np.dtype[Any]) -> Array:
    """Apply curves to some pixels at a time, so that what they make on the way stays in cache."""
    dtype = compute_dtype(x.dtype)
    white = dtype.type(frame.white)
    y = np.empty(x.shape, result)
    together = x.size <= _BLOCK or not all(_local(point, frame) for point in points)
    whole = together or not x.flags.c_contiguous
    pixels, target = (each if whole else each.reshape(-1, x.shape[-1]) for each in (x, y))
    step = len(x) if together else max(1, _BLOCK // max(1, pixels[0].size))
    with ieee():
        for start in range(0, len(pixels), max(1, step)):
            some = slice(start, start + step)
            part = pixels[some].astype(dtype, copy=False)
            for point in points:
                part = point.curve(part, white, *point.knobs).astype(dtype, copy=False)
            target[some] = saturate(part, result)
    return y


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
    y = x - white / 2
    y *= x.dtype.type(factor)
    y += white / 2
    return y


def gamma(x: Floats, white: Scalar, exponent: float) -> Floats:
    """Raise the share of white to 1 / exponent; what is below black is black."""
    y = np.maximum(x, 0)
    y /= white
    # By logarithms: numpy's power takes three times as long where a third of the values is black.
    with np.errstate(divide="ignore"):
        np.log(y, out=y)
    y *= x.dtype.type(1 / exponent)
    np.exp(y, out=y)
    y *= white
    return y


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
