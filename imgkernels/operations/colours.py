"""Operations whose answer is always one of the window's own colours: no colour is made."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.neighbours import Step, by_rows, stepped, steps, surrounded
from imgkernels.operations.operation import Frame, Operation, ieee
from imgkernels.operations.reach import Reach, around, widest
from imgkernels.values import Array, Floats, compute_dtype

_BLOCK = 1 << 21  # values laid out at a time


@dataclass(frozen=True)
class VectorMedian:
    """Of the colours in a square window, the one nearest to all others: channels stay together.

    `radii` pixels away along each axis, whose `sides` say which is nearer. The distance of colours
    is Euclid's; of one channel it is the median. A NaN in the window makes the answer NaN. Of
    equals the nearest to the middle wins. Distances count by the weight of the colour they lead
    to; a missing colour does not compete.
    """

    radii: Step
    sides: tuple[float, ...]

    @classmethod
    def within(cls, window: Step, sides: tuple[float, ...]) -> VectorMedian:
        """Return that of a window of so many pixels along each axis, an odd number of them."""
        return cls(tuple(n // 2 for n in window), sides)

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """None: it is no sum of products."""
        return ()

    def reach(self, frame: Frame) -> Reach:
        """As far as the window."""
        return around(self.radii)

    def run(self, x: Array, frame: Frame) -> Array:
        """Choose for a few rows at a time."""
        members = steps(self.radii, self.sides)
        whole, counts = surrounded(x, self.radii, frame)

        def answer(rows: slice) -> Array:
            share = None if counts is None else counts[rows, ..., 0]
            return _nearest_to_all(whole[rows], share, self.radii, members)

        return by_rows(whole.shape, self.radii, _BLOCK // len(members), answer)


@dataclass(frozen=True)
class OwnColour:
    """Of the 3 x 3 window's own colours, the one nearest to what an operation makes of the pixel.

    After a sharpener it makes edges steep and makes no colour. A missing colour does not compete.
    """

    over: Operation

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the operation."""
        return self.over.kernels

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the operation, and as the window of own colours."""
        return widest((self.over.reach(frame), around((1,) * frame.ndim)))

    def run(self, x: Array, frame: Frame) -> Array:
        """Run the operation, then choose."""
        wanted = self.over.run(x, frame)
        reach = (1,) * frame.ndim
        whole, counts = surrounded(x, reach, frame)
        middle, *others = steps(reach, (1.0,) * frame.ndim)
        chosen = stepped(whole, reach, middle).copy()
        with ieee():
            best = _apart(wanted, chosen)
            if counts is not None:
                gone = stepped(counts, reach, middle)[..., 0] == 0
                best[gone], chosen[gone] = np.inf, np.nan
            for step in others:
                member = stepped(whole, reach, step)
                apart = _apart(wanted, member)
                nearer = apart < best
                if counts is not None:
                    nearer &= stepped(counts, reach, step)[..., 0] > 0
                best[nearer], chosen[nearer] = apart[nearer], member[nearer]
        return np.where(np.isnan(wanted), wanted, chosen) if np.isnan(wanted).any() else chosen


def _nearest_to_all(rows: Array, share: Floats | None, reach: Step, members: list[Step]) -> Array:
    """Add up the distances between the window's members, each pair once; take the least sum."""
    place = {member: number for number, member in enumerate(members)}
    shape = stepped(rows, reach, members[0]).shape[:-1]
    sums = np.zeros((len(members), *shape))
    weights = None if share is None else [stepped(share, reach, member) for member in members]
    for away in itertools.product(*(range(-2 * n, 2 * n + 1) for n in reach)):
        pairs = [(m, o) for m in members if (o := _plus(m, away)) in place]
        if away <= (0,) * len(shape) or not pairs:
            continue
        apart = _distances(rows, away)
        for member, other in pairs:
            seen = _window(apart, reach, member, away, shape)
            one, two = place[member], place[other]
            sums[one] += seen if weights is None else _weighed(seen, weights[two])
            sums[two] += seen if weights is None else _weighed(seen, weights[one])
    spoiled = np.isnan(sums[0])
    if weights is not None:
        competes = np.stack(weights) > 0
        sums = np.where(competes, np.minimum(sums, np.finfo(sums.dtype).max), np.inf)
        spoiled = spoiled | ~competes.any(axis=0)
    offsets = np.asarray(members)[np.argmin(sums, axis=0)]
    ends = np.reshape(reach, (-1, *(1,) * len(shape)))
    chosen: Array = rows[tuple(np.moveaxis(offsets, -1, 0) + np.indices(shape) + ends)]
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


def _weighed(apart: Floats, weight: Floats) -> Floats:
    """Return distances times the weight of what they lead to; what is missing is not far."""
    with ieee():
        return np.where(weight > 0, apart * weight, 0)


def _window(apart: Floats, reach: Step, member: Step, away: Step, shape: Step) -> Floats:
    """Return the distances of one member of every window to the one `away` from it."""
    starts = (r + m - max(0, -s) for r, m, s in zip(reach, member, away, strict=True))
    return apart[tuple(slice(a, a + n) for a, n in zip(starts, shape, strict=True))]


def _plus(step: Step, away: Step) -> Step:
    return tuple(a + b for a, b in zip(step, away, strict=True))


def _apart(wanted: Array, member: Array) -> Floats:
    dtype = compute_dtype(wanted.dtype)
    apart: Floats = ((wanted.astype(dtype) - member) ** 2).sum(axis=-1)
    return apart
