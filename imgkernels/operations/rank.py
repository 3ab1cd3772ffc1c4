"""Order statistics of a window: median, minimum, maximum and all between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels import opencv
from imgkernels.border import pad
from imgkernels.engine import Problem, plan_for
from imgkernels.engine.compiled import ranks
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import per_axis, window as window_size
from imgkernels.operations.holes import asked, present, weight_of
from imgkernels.operations.operation import Frame
from imgkernels.operations.reach import Reach, reach_of
from imgkernels.values import Array, Floats, room_for

_CHUNK = 1 << 22  # values laid out at a time
_FEW = 25  # members of medians that OpenCV finds by a network of its own
_MANY = 36  # members from which 8-bit values are counted rather than sorted
_EXTREMES = {"uint8", "uint16", "int16", "float32", "float64"}  # what OpenCV erodes and dilates


@dataclass(frozen=True)
class Rank:
    """The value at place `rank`, 0 the lowest, among those under the window's taps other than 0.

    Exact on every dtype and border: the answer is always one of the window's values. A NaN in
    the window makes the answer NaN. Where values weigh less, or are missing, the answer is the
    first whose weight and that of all below it exceed the share of the place.
    """

    window: Kernel
    rank: int

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.members:
            raise InvalidValue(
                f"rank: must be from 0 to {self.members - 1} in this window; got {self.rank!r}"
            )

    @classmethod
    def median(cls, size: int | Sequence[int], ndim: int = 2) -> Rank:
        """Return the middle value of a window of `size`; of an even number, the upper one."""
        return cls.share(0.5, size, ndim)

    @classmethod
    def share(cls, share: float, size: int | Sequence[int], ndim: int = 2) -> Rank:
        """Return the value that a share (0 to 1) of the window lies below."""
        if not 0 <= share <= 1:
            raise InvalidValue(f"rank: share must be from 0 to 1; got {share!r}")
        sizes = [window_size(n, "rank") for n in per_axis(size, ndim, "rank", "size")]
        full = Kernel(np.ones(sizes))
        return cls(full, min(int(share * full.size), full.size - 1))

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: it is no sum of products."""
        return ()

    @property
    def members(self) -> int:
        """How many values compete."""
        return int(np.count_nonzero(self.window.taps))

    def reach(self, frame: Frame) -> Reach:
        """As far as the window."""
        return reach_of(self.window)

    def run(self, x: Array, frame: Frame) -> Array:
        """Extend the image, rank every window, and let NaN win where there is one."""
        if x.size == 0:
            return x
        margins = reach_of(self.window)
        weight = weight_of(x, frame)
        x = x if weight is None else present(x, weight)
        whole = pad(room_for(x, frame.border_value), margins, frame.border, frame.border_value)
        y = self._finite(whole)
        if weight is None:
            return y
        return self._weighed(y, whole, pad(weight, margins, frame.border, 1.0), asked(frame))

    def _finite(self, whole: Array) -> Array:
        if whole.dtype.kind != "f" or not (nan := np.isnan(whole)).any():
            return self._ranked(whole)
        y = self._ranked(np.where(nan, whole.dtype.type(0), whole))
        touched = Rank(self.window, self.members - 1)._ranked(nan.astype(np.uint8))
        return np.where(touched > 0, whole.dtype.type(np.nan), y)

    def _ranked(self, whole: Array) -> Array:
        seconds = self._seconds(whole.dtype)
        if seconds and self.members == self.window.size:
            network = ranks.Ranks.of(whole.dtype, self.window.shape, self.rank)
            if ranks.pays(network, whole.size, seconds):
                return ranks.ranked(network, whole)
        return self._interpreted(whole)

    def _seconds(self, dtype: np.dtype[Any]) -> float:
        """Return about how long a value takes without a compiled network; 0: it is quick."""
        cv2 = opencv.load() is not None and self.window.ndim == 2
        if cv2 and self._is_extreme_of(dtype.name):
            return 0.0
        if cv2 and self._is_median_of(dtype.name):
            return 0.0 if self.members <= _FEW else 3e-8
        return min(4.5e-7, 9e-9 * self.members) if dtype.itemsize == 1 else 4e-9 * self.members

    def _interpreted(self, whole: Array) -> Array:
        cv2 = opencv.load() if self.window.ndim == 2 else None
        full = self.members == self.window.size
        if cv2 is not None and full and self._is_median_of(whole.dtype.name):
            size = self.window.shape[0]
            centre = tuple(size // 2 for _ in self.window.shape)  # OpenCV's median has no anchor
            return self._per_channel(whole, lambda p: cv2.medianBlur(p, size), centre)
        if cv2 is not None and full and self._is_extreme_of(whole.dtype.name):
            rows = np.ones(self.window.shape, np.uint8)
            grow = cv2.erode if self.rank == 0 else cv2.dilate
            anchor = self.window.anchor[::-1]
            centre = self.window.anchor
            return self._per_channel(whole, lambda p: grow(p, rows, anchor=anchor), centre)
        if full and whole.dtype == np.uint8 and self.members >= _MANY:
            return self._by_levels(whole)
        return self._partitioned(whole)

    def _is_median_of(self, dtype: str) -> bool:
        sizes, middle = set(self.window.shape), self.rank == self.window.size // 2
        most = {"uint8": 255, "uint16": 5, "float32": 5}.get(dtype, 0)
        return middle and len(sizes) == 1 and max(sizes) % 2 == 1 and 3 <= max(sizes) <= most

    def _is_extreme_of(self, dtype: str) -> bool:
        return self.rank in (0, self.window.size - 1) and dtype in _EXTREMES

    def _per_channel(self, whole: Array, plane: Any, corner: tuple[int, ...]) -> Array:
        middle = self._middle(whole.shape, corner)
        planes = [
            plane(np.ascontiguousarray(whole[..., c]))[middle] for c in range(whole.shape[-1])
        ]
        return np.stack(planes, axis=-1)

    def _by_levels(self, whole: Array) -> Array:
        """Count, level by level, how much of each window lies at or below; running sums do it."""
        levels = np.unique(whole)
        counting = Problem.of_kernel(
            (1, *whole.shape), np.dtype(np.uint8), self.window, extent="valid"
        )
        plan = plan_for(counting)
        below = np.zeros(counting.out_shape[1:], np.uint8)
        for level in levels[:-1]:
            counts = plan.run((whole <= level).view(np.uint8)[np.newaxis])[0]
            below += counts <= self.rank
        ranked: Array = levels[below]
        return ranked

    def _partitioned(self, whole: Array) -> Array:
        windows = sliding_window_view(whole, self.window.shape, axis=tuple(range(self.window.ndim)))
        inside = self.window.taps != 0
        out: Array = np.empty(windows.shape[: whole.ndim], whole.dtype)
        sizes = [math.prod(windows.shape[n:]) for n in (1, 2)]
        rows, columns = (max(1, _CHUNK // max(1, size)) for size in sizes)
        for row in range(0, out.shape[0], rows):
            for column in range(0, out.shape[1], columns):
                block = slice(row, row + rows), slice(column, column + columns)
                values = windows[block][..., inside]
                out[block] = np.partition(values, self.rank, axis=-1)[..., self.rank]
        return out

    def _weighed(self, y: Array, whole: Array, weight: Floats, wanted: Array | None) -> Array:
        """Rank again, by weight, the windows in which a value does not count in full."""
        light = Rank(self.window, self.members - 1)._ranked((weight < 1).astype(np.uint8))
        inside = self.window.taps != 0
        share = (2 * self.rank + 1) / (2 * self.members)
        step = max(1, _CHUNK // self.window.size)
        for channel in range(y.shape[-1]):
            own = channel if weight.shape[-1] > 1 else 0
            windows = sliding_window_view(whole[..., channel], self.window.shape)
            weights = sliding_window_view(weight[..., own], self.window.shape)
            near = light[..., own] if wanted is None else light[..., own] * wanted
            found = np.argwhere(near)
            for start in range(0, len(found), step):
                at = tuple(found[start : start + step].T)
                y[..., channel][at] = _place(windows[at][:, inside], weights[at][:, inside], share)
        return y

    def _middle(self, shape: tuple[int, ...], corner: tuple[int, ...]) -> tuple[slice, ...]:
        sizes = zip(corner, self.window.shape, shape, strict=False)
        return tuple(slice(a, a + total - n + 1) for a, n, total in sizes)


def _place(values: Array, weights: Floats, share: float) -> Array:
    """Return the value of each row at a share of its weight; NaN where it holds one, or nothing."""
    order = np.argsort(values, axis=-1)
    sums = np.cumsum(np.take_along_axis(weights, order, axis=-1), axis=-1)
    # The products are whole or halves for weights of 0 and 1, so that no rounding shifts a place.
    first = np.argmax(sums > sums[..., -1:] * share, axis=-1)[..., np.newaxis]
    place = np.take_along_axis(order, first, axis=-1)
    found: Array = np.take_along_axis(values, place, axis=-1)[..., 0]
    found[(sums[..., -1] == 0) | (np.isnan(values) & (weights > 0)).any(axis=-1)] = np.nan
    return found


def footprint(mask: npt.ArrayLike) -> Kernel:
    """Return the window whose members are the true values of a mask."""
    return Kernel(np.asarray(mask, bool).astype(np.float64))
