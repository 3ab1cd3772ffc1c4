"""Order statistics of a window: median, minimum, maximum and all between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.border import pad
from imgkernels.engine import Fill
from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import per_axis, window as window_size
from imgkernels.operations.holes import asked, present, weight_of
from imgkernels.operations.operation import Frame
from imgkernels.operations.ranking.direct import fill_for
from imgkernels.operations.ranking.ranked import ranked
from imgkernels.operations.ranking.task import Task
from imgkernels.operations.reach import Reach, reach_of
from imgkernels.values import Array, Floats, room_for

_CHUNK = 1 << 22  # values laid out at a time


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
        y = self._finite(whole, frame.repeat)
        if weight is None:
            return y
        return self._weighed(y, whole, pad(weight, margins, frame.border, 1.0), asked(frame))

    def fill(
        self, shape: tuple[int, ...], dtype: np.dtype[Any], frame: Frame, result: np.dtype[Any]
    ) -> Fill | None:
        """Rank the windows where they lie, by what needs no copy with a border."""
        if dtype != result:
            return None
        task = Task(shape, dtype, self.window, self.rank)
        return fill_for(task, frame.border, frame.border_value)

    def _finite(self, whole: Array, repeat: int) -> Array:
        if whole.dtype.kind != "f" or not (nan := np.isnan(whole)).any():
            return self._ranked(whole, repeat)
        y = self._ranked(np.where(nan, whole.dtype.type(0), whole), repeat)
        touched = Rank(self.window, self.members - 1)._ranked(nan.astype(np.uint8))
        return np.where(touched > 0, whole.dtype.type(np.nan), y)

    def _ranked(self, whole: Array, repeat: int = 1) -> Array:
        return ranked(whole, Task(whole.shape, whole.dtype, self.window, self.rank), repeat)

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
