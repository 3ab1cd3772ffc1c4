"""Operations whose answer is always one of the window's own colours: no colour is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.neighbours import Step, by_rows, stepped, steps, surrounded
from imgkernels.operations.operation import Frame, Operation, ieee
from imgkernels.values import Array, Floats, compute_dtype, room_for

_BLOCK = 1 << 21  # values laid out at a time


@dataclass(frozen=True)
class VectorMedian:
    """Of the colours in a square window, the one nearest to all others: channels stay together.

    The distance is Euclid's; of one channel it is the median. A NaN in the window makes the answer
    NaN. Of equals the nearest to the middle wins.
    """

    size: int

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: it is no sum of products."""
        return ()

    def run(self, x: Array, frame: Frame) -> Array:
        """Choose for a few rows at a time."""
        reach = self.size // 2
        members = steps(reach, frame.ndim)
        whole = surrounded(room_for(x, frame.border_value), reach, frame, "vector-median")
        most = _BLOCK // len(members)
        return by_rows(whole, reach, most, lambda rows: _nearest_to_all(rows, reach, members))


@dataclass(frozen=True)
class OwnColour:
    """Of the 3 x 3 window's own colours, the one nearest to what an operation makes of the pixel.

    After a sharpener it makes edges steep and makes no colour.
    """

    over: Operation

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the operation."""
        return self.over.kernels

    def run(self, x: Array, frame: Frame) -> Array:
        """Run the operation, then choose."""
        wanted = self.over.run(x, frame)
        whole = surrounded(room_for(x, frame.border_value), 1, frame, "watercolor")
        chosen = stepped(whole, 1, (0,) * frame.ndim).copy()
        with ieee():
            best = _apart(wanted, chosen)
            for step in steps(1, frame.ndim)[1:]:
                member = stepped(whole, 1, step)
                apart = _apart(wanted, member)
                nearer = apart < best
                best[nearer], chosen[nearer] = apart[nearer], member[nearer]
        return np.where(np.isnan(wanted), wanted, chosen) if np.isnan(wanted).any() else chosen


def _nearest_to_all(rows: Array, reach: int, members: list[Step]) -> Array:
    """Add up the distances between the window's members, each pair once; take the least sum."""
    place = {member: number for number, member in enumerate(members)}
    shape = stepped(rows, reach, members[0]).shape[:-1]
    sums = np.zeros((len(members), *shape))
    for away in steps(2 * reach, len(shape)):
        pairs = [(m, o) for m in members if (o := _plus(m, away)) in place]
        if away <= (0,) * len(shape) or not pairs:
            continue
        apart = _distances(rows, away)
        for member, other in pairs:
            seen = _window(apart, reach, member, away, shape)
            sums[place[member]] += seen
            sums[place[other]] += seen
    offsets = np.asarray(members)[np.argmin(sums, axis=0)]
    index = tuple(np.moveaxis(offsets, -1, 0) + np.indices(shape) + reach)
    chosen: Array = rows[index]
    spoiled = np.isnan(sums[0])
    if spoiled.any():
        chosen[spoiled] = np.nan
    return chosen


def _distances(rows: Array, away: Step) -> Floats:
    """Return how far each pixel is from the one a step away, wherever both are there."""
    first = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(away, rows.shape, strict=False))
    other = tuple(slice(max(0, s), n - max(0, -s)) for s, n in zip(away, rows.shape, strict=False))
    with ieee():
        apart = rows[first].astype(np.float64) - rows[other]
        if rows.dtype.kind == "f":
            apart[rows[first] == rows[other]] = 0  # two infinities are not apart
        return abs(apart[..., 0]) if rows.shape[-1] == 1 else np.sqrt((apart**2).sum(axis=-1))


def _window(apart: Floats, reach: int, member: Step, away: Step, shape: Step) -> Floats:
    """Return the distances of one member of every window to the one `away` from it."""
    starts = (reach + m - max(0, -s) for m, s in zip(member, away, strict=True))
    return apart[tuple(slice(a, a + n) for a, n in zip(starts, shape, strict=True))]


def _plus(step: Step, away: Step) -> Step:
    return tuple(a + b for a, b in zip(step, away, strict=True))


def _apart(wanted: Array, member: Array) -> Floats:
    dtype = compute_dtype(wanted.dtype)
    apart: Floats = ((wanted.astype(dtype) - member) ** 2).sum(axis=-1)
    return apart
