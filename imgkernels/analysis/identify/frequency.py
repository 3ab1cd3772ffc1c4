"""What a kernel does to waves: gain by frequency, where it peaks, how wide, how even around."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

_SIDE = {1: 1025, 2: 129, 3: 33}  # frequencies on an axis, from -1/2 to 1/2 cycles per pixel
_RAY = 513  # frequencies from 0 to 1/2 along the direction of the peak
_RING = 1 / 8  # cycles per pixel: the circle on which evenness is measured
_AROUND = 72  # directions on it
_ZOOMS = 16  # halvings of the grid's step around the peak
_EVEN = 1e-6  # of the largest gain: what is nearer to the peak is a peak too


@dataclass(frozen=True)
class Frequency:
    """The frequency response in numbers; frequencies in cycles per pixel, gains unsigned.

    `dc` is the gain of a flat image, `nyquist` that of the finest stripes along each axis (z, y,
    x), `peak` the largest gain, at the frequency `at`. `band` is where the gain along the peak's
    direction is at least the peak's over root 2. `direction` is that of the peak, degrees
    counter-clockwise from x as seen, 0 to 180, on two axes; NaN where it is at 0, or as high
    elsewhere. `unevenness` is the largest departure from the mean gain around a circle of
    frequencies, as a share of it; of first derivatives, that of the gradient's length. NaN on
    other than two axes.
    """

    dc: float
    nyquist: tuple[float, ...]
    peak: float
    at: tuple[float, ...]
    band: tuple[float, float]
    direction: float
    unevenness: float


def frequency(kernel: Kernel, order: int) -> Frequency:
    """Measure the response of a kernel; `order` is that of the derivative it takes."""
    axis = np.linspace(-0.5, 0.5, _SIDE[kernel.ndim])
    gains = np.abs(spectrum(kernel, [axis] * kernel.ndim))
    peak = float(gains.max())
    half = [slice(_SIDE[kernel.ndim] // 2, None)] + [slice(None)] * (kernel.ndim - 1)
    upper = gains[tuple(half)]  # the other half mirrors it
    places = np.argwhere(upper >= peak * (1 - _EVEN))
    at = _frequency_at(min(places, key=lambda p: _size(_frequency_at(p, axis))), axis)
    at, peak = _refined(kernel, at, peak, float(axis[1] - axis[0]))
    tops = {_rounded_direction(_frequency_at(p, axis)) for p in places}
    lone = kernel.ndim == 2 and len(tops) == 1 and _size(at) > 0
    units = 0.5 * np.eye(kernel.ndim)
    return Frequency(
        float(_gains(kernel, np.zeros((1, kernel.ndim)))[0]),
        tuple(float(g) for g in _gains(kernel, units)),
        peak,
        at,
        _band(kernel, at, peak),
        math.degrees(math.atan2(-at[0], at[1])) % 180 if lone else math.nan,
        unevenness(kernel, order) if kernel.ndim == 2 else math.nan,
    )


def _refined(
    kernel: Kernel, at: tuple[float, ...], peak: float, step: float
) -> tuple[tuple[float, ...], float]:
    """Return the peak's frequency between those of the grid, on ever finer grids around it."""
    if _size(at) == 0:
        return at, peak
    around = np.stack(np.meshgrid(*[np.linspace(-1, 1, 5)] * kernel.ndim), -1).reshape(-1, len(at))
    place = np.asarray(at)
    for _ in range(_ZOOMS):
        points = (place + step * around).clip(-0.5, 0.5)
        gains = _gains(kernel, points)
        best = int(gains.argmax())
        if gains[best] > peak:
            place, peak = points[best], float(gains[best])
        step /= 2
    place = place if tuple(place[::-1]) > (0.0,) * len(at) else -place  # it mirrors itself
    return tuple(float(f) + 0.0 for f in place), peak


def spectrum(kernel: Kernel, axes: list[Taps]) -> npt.NDArray[np.complex128]:
    """Return the complex gain on a grid of frequencies, one array of them for each axis.

    A wave `exp(2 pi i f x)` comes out multiplied with it, measured from the anchor.
    """
    waves = [
        np.exp(2j * math.pi * np.outer(f, np.arange(-a, n - a)))
        for f, a, n in zip(axes, kernel.anchor, kernel.shape, strict=True)
    ]
    if kernel.factors is not None:
        rows = [wave @ row for wave, row in zip(waves, kernel.factors, strict=True)]
        return np.asarray(reduce(np.multiply.outer, rows))
    found: npt.NDArray[np.complex128] = kernel.taps.astype(np.complex128)
    for axis, wave in enumerate(waves):
        found = np.moveaxis(np.tensordot(wave, found, (1, axis)), 0, axis)
    return found


def unevenness(kernel: Kernel, order: int) -> float:
    """Return the largest departure from the mean gain around a circle, as a share of the mean.

    Of a first derivative the circle shows its direction; what should be even is the length of the
    gradient that it gives with itself turned by a quarter.
    """
    turns = np.arange(_AROUND) * (2 * math.pi / _AROUND)
    around = _RING * np.stack([-np.sin(turns), np.cos(turns)], axis=1)
    gains = _gains(kernel, around)
    if order == 1:
        gains = np.hypot(gains, np.roll(gains, _AROUND // 4))
    mean = float(gains.mean())
    return float(np.abs(gains - mean).max()) / mean if mean > 1e-12 * _total(kernel) else math.nan


def _gains(kernel: Kernel, points: Taps) -> Taps:
    """Return the gain at single frequencies, `(points, axes)`."""
    places = np.indices(kernel.shape).reshape(kernel.ndim, -1)
    found: Taps = np.abs(np.exp(2j * math.pi * (points @ places)) @ kernel.taps.ravel())
    return np.where(found > 1e-12 * _total(kernel), found, 0.0)


def _total(kernel: Kernel) -> float:
    return float(np.abs(kernel.taps).sum())


def _band(kernel: Kernel, at: tuple[float, ...], peak: float) -> tuple[float, float]:
    """Return the frequencies around the peak, along its direction, that keep half the power."""
    size = _size(at)
    unit = np.asarray(at) / size if size else np.eye(kernel.ndim)[-1]
    ray = np.linspace(0, 0.5, _RAY)
    keeps = _gains(kernel, ray[:, np.newaxis] * unit) >= peak / math.sqrt(2) * (1 - _EVEN)
    middle = min(_RAY - 1, round(size * 2 * (_RAY - 1)))
    if not keeps[middle]:  # the peak lies beyond the circle, in a corner of the square
        return (size, size)
    lost = np.flatnonzero(~keeps)
    low, high = lost[lost < middle], lost[lost > middle]
    first = ray[low[-1] + 1] if low.size else 0.0
    last = ray[high[0] - 1] if high.size else 0.5
    return float(first), float(last)


def _frequency_at(place: npt.NDArray[np.intp], axis: Taps) -> tuple[float, ...]:
    middle = axis.size // 2
    return tuple(float(axis[p + (middle if i == 0 else 0)]) for i, p in enumerate(place))


def _size(at: tuple[float, ...]) -> float:
    return math.hypot(*at)


def _rounded_direction(at: tuple[float, ...]) -> float:
    return round(math.degrees(math.atan2(-at[0], at[-1])) % 180, 3) if _size(at) else -1.0
