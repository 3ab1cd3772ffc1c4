"""Canny's edges: smooth, differentiate, thin, and follow the strong ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from imgkernels import kernels
from imgkernels.border import Border, pad
from imgkernels.kernel import Kernel
from imgkernels.operations.holes import correlated
from imgkernels.operations.operation import Frame
from imgkernels.operations.reach import Reach
from imgkernels.operations.thresholds import Auto, automatic
from imgkernels.values import Array, Floats, compute_dtype

LOW, HIGH = 0.015, 0.04  # slopes, as shares of white per pixel

Mask = npt.NDArray[np.bool_]

# Slopes that differ by less than float32 can tell are equal: the two sides of a step.
_TIE = 1e-5

# The neighbour a gradient points at, for each eighth of a turn; half of them serve both ways.
_STEPS = ((0, 1), (1, 1), (1, 0), (1, -1))


@dataclass(frozen=True)
class Canny:
    """White lines one pixel wide where the image changes, black elsewhere.

    The thresholds are slopes, as shares of white per pixel, so they mean the same in 8 bits, 16
    bits and floats; it is computed in float64, so that all of them see the same lines. Lines start
    where the slope is at least `high` and go on while it is at least `low`; `auto` chooses those
    that are None. Of several channels the steepest decides. Source: Canny, A computational
    approach to edge detection, 1986.

    Sigma is in pixels; `steps` says how far apart those lie along y and x, and slopes are per unit
    of that.
    """

    sigma: float | tuple[float, ...]
    low: float | None = None
    high: float | None = None
    auto: Auto | None = None
    steps: tuple[float, float] = (1.0, 1.0)

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The smoothing and the two derivatives."""
        y, x = self.steps
        bell = kernels.gaussian(self.sigma)
        return (bell, kernels.sobel("y") / (8 * y), kernels.sobel("x") / (8 * x))

    def reach(self, frame: Frame) -> Reach | None:
        """Anywhere: a line is followed across the whole image."""
        return None

    def run(self, x: Array, frame: Frame) -> Floats:
        """Find the edges, and paint them white."""
        smoothing, dy, dx = self.kernels
        levels = x / np.float64(frame.white)
        shares = replace(frame, white=1.0, border_value=frame.border_value / frame.white)
        smooth = correlated(levels, smoothing, shares)
        gy, gx = _steepest(correlated(smooth, dy, shares), correlated(smooth, dx, shares))
        slope = np.hypot(gy, gx)
        low, high = self._thresholds(levels, slope)
        ridge = _thinned(slope, gy / self.steps[0], gx / self.steps[1], frame.border)
        lines = _followed(ridge & (slope >= low), ridge & (slope >= high))
        dtype = compute_dtype(x.dtype)
        white = np.where(lines, dtype.type(frame.white), dtype.type(0))
        white[np.isnan(slope)] = np.nan
        return np.repeat(white[..., np.newaxis], x.shape[-1], axis=-1)

    def _thresholds(self, levels: Floats, slope: Floats) -> tuple[float, float]:
        """Return what was given; what was not is chosen, and keeps below or above what was."""
        low, high = automatic(self.auto, levels, slope) if self.auto else (LOW, HIGH)
        if self.high is not None:
            high, low = self.high, min(low, self.high)
        if self.low is not None:
            low, high = self.low, high if self.high is not None else max(high, self.low)
        return low, high


def _steepest(gy: Floats, gx: Floats) -> tuple[Floats, Floats]:
    if gy.shape[-1] == 1:
        return gy[..., 0], gx[..., 0]
    winner = np.argmax(np.hypot(gy, gx), axis=-1)[..., np.newaxis]
    return tuple(np.take_along_axis(g, winner, axis=-1)[..., 0] for g in (gy, gx))  # type: ignore[return-value]


def _thinned(slope: Floats, gy: Floats, gx: Floats, border: Border) -> Mask:
    """Keep what is not lower than its neighbours along the gradient; of equals, the first."""
    eighth = np.rint(np.nan_to_num(np.arctan2(gy, gx)) / (np.pi / 4)).astype(np.int8) % 4
    around = pad(slope, [(1, 1), (1, 1)], border)
    rows, columns = slope.shape
    keep = np.zeros(slope.shape, bool)
    for sector, (dy, dx) in enumerate(_STEPS):
        ahead = around[1 + dy : 1 + dy + rows, 1 + dx : 1 + dx + columns]
        behind = around[1 - dy : 1 - dy + rows, 1 - dx : 1 - dx + columns]
        higher = (slope > ahead * (1 + _TIE)) & (slope >= behind * (1 - _TIE))
        keep |= (eighth == sector) & higher
    return keep


def _followed(weak: Mask, strong: Mask) -> Mask:
    """Keep the weak lines that a strong point lies on (8 neighbours)."""
    from scipy import ndimage

    labels, count = ndimage.label(weak, np.ones((3, 3)))
    kept = np.zeros(count + 1, bool)
    kept[labels[strong]] = True
    kept[0] = False
    followed: Mask = kept[labels]
    return followed
