"""Between what values an answer must lie, proved before a pixel is read."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from imgkernels.analysis.audit.linear import Linear, extents
from imgkernels.border import Border
from imgkernels.kernel import Kernel
from imgkernels.operations import (
    Bilateral,
    Blend,
    Canny,
    Chain,
    Convolve,
    Direction,
    Frame,
    Kuwahara,
    Magnitude,
    Operation,
    OwnColour,
    Pointwise,
    Projection,
    Rank,
    Strongest,
    VectorMedian,
    ZeroCrossings,
    combine,
    point,
)

_CELLS = 1200  # of the small picture whose every answer is followed exactly

Proof = Literal["exact", "bound", "unknown"]

# Curves that never fall, or never rise, so that their ends are the ends of their answers.
_MONOTONE = {
    point.gain, point.invert, point.contrast, point.gamma, point.threshold, point.posterize,
    point.highlights,
}  # fmt: skip
_MIXES = {combine.screen, combine.dodge, combine.away, combine.darken}


@dataclass(frozen=True)
class Interval:
    """Values from `low` to `high`; `proof` says whether both ends can be reached.

    "exact": some picture of the input's range reaches each end; "bound": no picture goes beyond;
    "unknown": nothing is known of this operation.
    """

    low: float
    high: float
    proof: Proof = "bound"

    def within(self, black: float, white: float) -> bool:
        """Whether nothing can lie outside black to white."""
        return self.low >= black and self.high <= white

    def __or__(self, other: Interval) -> Interval:
        return replace(self, low=min(self.low, other.low), high=max(self.high, other.high))


UNKNOWN = Interval(-math.inf, math.inf, "unknown")


def interval_of(operation: Operation, given: Interval, frame: Frame) -> Interval:
    """Return the interval of an operation's answers to values in another one.

    What a constant border adds is counted. Ends of a single step on the input itself are exact
    for kernels, ranks and curves; those of magnitudes, blends and compasses are bounds.
    """
    seen = given
    if frame.border is Border.CONSTANT and not isinstance(operation, Pointwise | Chain | Blend):
        seen = given | Interval(frame.border_value, frame.border_value)
    match operation:
        case Convolve(kernel, offset):
            return _shifted(_kernel(kernel, seen), offset * frame.white)
        case Rank() | Bilateral() | Kuwahara() | VectorMedian() | OwnColour():
            # Picks and means of what is there; that a pick reaches both ends is plain.
            return seen if isinstance(operation, Rank) else as_bound(seen)
        case Pointwise():
            return _curve(operation, given, frame)
        case Chain(operations):
            for part in operations:
                given = as_bound(interval_of(part, given, frame))
            return given
        case Blend():
            return _blend(operation, given, frame)
    return _brought_together(operation, seen, frame)


def as_bound(interval: Interval) -> Interval:
    """Return the same interval, its ends not known to be reached."""
    return replace(interval, proof="bound")


def exact_interval(
    chain: tuple[Operation, ...],
    whole: Linear,
    given: Interval,
    frame: Frame,
    space: tuple[int, ...],
) -> Interval | None:
    """Return the exact interval of linear operations in order, edges included.

    A picture just large enough to hold every kind of edge is followed impulse by impulse, so each
    answer's weights are known. None where that picture would be too large.
    """
    reach = [max(ends) for ends in extents(whole.kernel)]
    small = tuple(min(n, 2 * r + 1) for n, r in zip(space, reach, strict=True))
    cells = math.prod(small)
    if cells > _CELLS:
        return None
    answers = np.concatenate([np.eye(cells), np.zeros((cells, 1))], axis=1)
    answers = answers.reshape(*small, cells + 1)
    for operation in chain:
        answers = operation.run(answers, frame)
    still = answers[..., -1]
    weights = answers[..., :-1] - still[..., np.newaxis]
    above, below = weights.clip(0, None).sum(-1), weights.clip(None, 0).sum(-1)
    low = still + above * given.low + below * given.high
    high = still + above * given.high + below * given.low
    return Interval(float(low.min()), float(high.max()), "exact")


def _kernel(kernel: Kernel, given: Interval) -> Interval:
    parts = kernel.factors
    if parts is None:
        above, below = (float(kernel.taps.clip(*ends).sum()) for ends in ((0, None), (None, 0)))
    else:  # by rows: the product of sums of sizes is the sum of sizes of products
        size, total = math.prod(float(np.abs(row).sum()) for row in parts), kernel.sum
        above, below = (size + total) / 2, (total - size) / 2
    ends = (above * given.low + below * given.high, above * given.high + below * given.low)
    return Interval(*ends, given.proof)


def _shifted(interval: Interval, offset: float) -> Interval:
    return replace(interval, low=interval.low + offset, high=interval.high + offset)


def _curve(operation: Pointwise, given: Interval, frame: Frame) -> Interval:
    if operation.curve is point.grey:  # a mean of channels, which may all be equal
        return given
    if operation.curve is point.stretched:
        return Interval(0.0, frame.white)
    if operation.curve is point.absolute:
        ends = abs(given.low), abs(given.high)
        return Interval(0.0 if given.low <= 0 <= given.high else min(ends), max(ends), given.proof)
    if operation.curve not in _MONOTONE or not math.isfinite(given.high - given.low):
        return UNKNOWN
    row = np.array([[given.low], [given.high]])
    ends_ = operation.run(row, replace(frame, ndim=1))
    return Interval(float(ends_.min()), float(ends_.max()), given.proof)


def _blend(operation: Blend, given: Interval, frame: Frame) -> Interval:
    """Bound a blend by its corners: each known mix rises or falls with either picture."""
    over = interval_of(operation.over, given, frame)
    ends = (given.low, given.high, over.low, over.high)
    if operation.mix not in _MIXES or not all(map(math.isfinite, ends)):
        return UNKNOWN
    x, y = np.array(list(itertools.product(ends[:2], ends[2:]))).T
    corners = operation.mix(x, y, np.float64(frame.white), *operation.knobs)
    found = Interval(float(corners.min()), float(corners.max()))
    return found | given if operation.mix is combine.away else found


def _brought_together(operation: Operation, seen: Interval, frame: Frame) -> Interval:
    each = [_kernel(kernel, seen) for kernel in operation.kernels]
    match operation:
        case Magnitude():
            return Interval(0.0, math.hypot(*(max(-i.low, i.high) for i in each)))
        case Strongest(which=True):
            return Interval(0.0, frame.white * (1 - 1 / len(each)))
        case Strongest():
            return Interval(max(i.low for i in each), max(i.high for i in each))
        case Direction() | Projection():
            return Interval(0.0, frame.white)
        case Canny() | ZeroCrossings():
            return Interval(0.0, frame.white)
    return UNKNOWN
