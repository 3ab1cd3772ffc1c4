"""Separable kernels in the frequency domain: short transforms of lines, one axis after the other.

A block of lines is laid out with its border, transformed, multiplied, transformed back and written
while it is in cache. So the cost does not grow with the window, and memory is that of the answer.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imgkernels.border import Border
from imgkernels.cores import in_order
from imgkernels.engine.methods.lines import blocks, lay_out, put_back
from imgkernels.engine.methods.transforms import RowFilter, fast_length
from imgkernels.engine.problem import Problem
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

Places = npt.NDArray[np.intp]

_BLOCK = 1 << 18  # values transformed at a time: 1 MiB in float32, what a core's cache can hold
_MANY = 4  # blocks that are worth threads
_LEAST = 256  # answers that a segment has at least: shorter ones are all margin and calls
_LONG = 4096  # values from which a transform falls out of the fastest cache ...
_SLOWER = 1.7  # ... and how much more a value costs then


def run(problem: Problem, x: Array, dtype: np.dtype[np.floating]) -> Floats:
    """Compute `(N, *space, C)` along each axis in turn, the last one first."""
    y = x
    for line in lines_of(problem):
        y = line.run(y, dtype, in_place=y is not x)
    return y


def lines_of(problem: Problem) -> list[Line]:
    """Return what is done along each axis, the last axis first."""
    assert problem.kernel is not None and problem.kernel.factors is not None
    lines, value = [], problem.border_value
    centred = problem.dtype.name in ("uint16", "int16")
    for place in reversed(range(problem.ndim)):
        taps, stride = problem.kernel.factors[place], problem.stride[place]
        size, margins = problem.space[place], problem.margins[place]
        lines.append(Line(place + 1, taps, size, margins, stride, problem.border, value, centred))
        value *= math.fsum(taps)  # what the axis makes of what lies beyond the others
    return lines


def values(problem: Problem) -> int:
    """Return the number of values transformed."""
    shape, total = list(problem.shape), 0
    for line in lines_of(problem):
        if line.taps.size > 1:
            total += math.prod(line.cut) * (math.prod(shape) // shape[line.axis])
        shape[line.axis] = -(-line.dense // line.stride)
    return total


@dataclass(frozen=True, eq=False)
class Line:
    """What is done along one axis: a row of taps on lines of `size` samples, with their border.

    Lines that are `centred` count from their mean, or what is large and flat in them would drown
    the rest in the rounding of the transform.
    """

    axis: int
    taps: Taps
    size: int
    margins: tuple[int, int]
    stride: int
    border: Border
    value: float
    centred: bool

    @cached_property
    def dense(self) -> int:
        """The number of answers before the stride picks from them."""
        return self.size + sum(self.margins) - self.taps.size + 1

    @cached_property
    def is_ring(self) -> bool:
        """Whether the border repeats itself in a period that a transform is quick for."""
        period = _period(self.border, self.size)
        quick = self.dense <= period and fast_length(period) == period
        return quick and _work((1, period)) <= _work(self._padded)

    @cached_property
    def cut(self) -> tuple[int, int]:
        """Into how many segments a line is cut, and the length of the transform of each."""
        return (1, _period(self.border, self.size)) if self.is_ring else self._padded

    @cached_property
    def _padded(self) -> tuple[int, int]:
        return min(
            (_segments(self.dense, self.taps.size, n) for n in _counts(self.dense)), key=_work
        )

    def run(self, x: Array, dtype: np.dtype[np.floating], *, in_place: bool) -> Floats:
        """Filter `(N, *space, C)` along the axis; in place where the answer has the same shape."""
        if self.taps.size == 1:
            picked = x[(slice(None),) * self.axis + (slice(None, None, self.stride),)]
            y: Floats = picked.astype(dtype, copy=False) * dtype.type(self.taps[0])
            return y
        lead, trail = x.shape[: self.axis], x.shape[self.axis + 1 :]
        shape = (*lead, -(-self.dense // self.stride), *trail)
        out = x if in_place and x.shape == shape else np.empty(shape, dtype)
        flat = [a.reshape(math.prod(lead), -1, math.prod(trail)) for a in (x, out)]
        correlate = RowFilter(self.taps, self.cut[1], dtype)
        lines = max(1, _BLOCK // math.prod(self.cut))
        segments = list(self._places(correlate.lag))
        own = threading.local()

        def filtered(block: tuple[slice, slice, slice]) -> None:
            if not hasattr(own, "scratch"):
                own.scratch = np.empty(lines * math.prod(self.cut), dtype)
            self._filter(flat[0][block], flat[1][block], correlate, segments, own.scratch)

        parts = list(blocks(flat[0].shape, lines))
        for _ in in_order(filtered, parts) if len(parts) >= _MANY else map(filtered, parts):
            pass
        return out

    def _filter(
        self,
        block: Array,
        target: Floats,
        correlate: RowFilter,
        segments: list[tuple[int, Places]],
        scratch: Floats,
    ) -> None:
        """Cut the lines of a block in segments, correlate each as a ring, write the answers."""
        (count, length), lines = self.cut, block.shape[0] * block.shape[2]
        work = scratch[: count * lines * length].reshape(count, lines, length)
        for rows, (start, places) in zip(work, segments, strict=True):
            self._lay(rows, block, start, places)
        part = -(-self.dense // count)
        size = length if self.is_ring else part + self.taps.size - 1
        mean = work[..., :size].mean(axis=-1, keepdims=True) if self.centred else None
        if mean is not None:
            work[..., :size] -= mean
        found = correlate(work.reshape(-1, length)).reshape(work.shape)
        if mean is not None:
            found += mean * work.dtype.type(math.fsum(self.taps))
        first = 0 if self.is_ring else correlate.lag
        for number, rows in enumerate(found):
            skipped = -number * part % self.stride
            answers = rows[:, first : first + min(part, self.dense - number * part)]
            at = -(-number * part // self.stride)
            picked = answers[:, skipped :: self.stride]
            put_back(picked, target[:, at : at + picked.shape[1]])

    def _lay(self, rows: Floats, block: Array, start: int, places: Places) -> None:
        """Fill each row with samples of its line and its border, the rest with 0."""
        size = places.size
        first = min(max(0, -start), size)
        last = max(first, min(size, self.size - start))
        lay_out(block[:, first + start : last + start], rows[:, first:last])
        for margin in (slice(0, first), slice(last, size)):
            lay_out(block[:, places[margin]], rows[:, margin])
            rows[:, margin][:, places[margin] < 0] = self.value
        rows[:, size:] = 0

    def _places(self, lag: int) -> Iterator[tuple[int, Places]]:
        """Yield for each segment where it starts on the line, and which samples it holds.

        -1 is what lies beyond a constant border.
        """
        count, length = self.cut
        before, after = self.margins
        if self.is_ring:
            before, after = before - lag, length - self.size - before + lag
        every = self.border.indices(self.size, before, after)
        part = -(-self.dense // count)
        reach = length if self.is_ring else part + self.taps.size - 1
        for start in range(0, count * part, part):
            yield start - before, every[start : start + reach]


def _period(border: Border, size: int) -> int:
    """Return after how many samples a border repeats itself; 0 for one that does not."""
    match border:
        case Border.WRAP:
            return size
        case Border.SYMMETRIC:
            return 2 * size
        case Border.REFLECT:
            return max(2 * size - 2, 1)
        case _:
            return 0


def _counts(dense: int) -> Iterator[int]:
    count = 1
    yield count
    while dense >= 2 * count * _LEAST:
        yield from (2 * count, 3 * count)
        count *= 2


def _segments(dense: int, taps: int, count: int) -> tuple[int, int]:
    part = -(-dense // count)
    return -(-dense // part), fast_length(part + taps - 1)


def _work(cut: tuple[int, int]) -> float:
    count, length = cut
    return count * length * (_SLOWER if length > _LONG else 1.0)
