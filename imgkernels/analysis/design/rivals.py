"""What else could have made one picture of the other: a curve, a median, clipping."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.analysis.design.fit import Fit, Wish, fitted_at
from imgkernels.analysis.design.planes import Pair
from imgkernels.engine import correlate
from imgkernels.operations import Frame, Rank
from imgkernels.taps import Taps
from imgkernels.values import Array

_SIDE = {1: 1 << 20, 2: 1024, 3: 96}  # of the cut from the middle that they are tried on
CLIPPED = "the kernel, clipped"
_BINS = 256
_MEDIANS = (3, 5, 7, 9)
_CLEARLY = 0.8  # of the kernel's noise: what a rival must stay below to be called better


@dataclass(frozen=True)
class Rival:
    """Another explanation, and the root mean square of what it leaves."""

    name: str
    noise: float


def rivals(pair: Pair, channels: tuple[int, ...], fit: Fit, wish: Wish) -> tuple[Rival, ...]:
    """Try them on the middle of the pictures; the kernel itself comes first, then by noise."""
    cut = replace(pair, before=_middle(pair.before, channels), after=_middle(pair.after, channels))
    x, y = cut.before, cut.after
    inner = _inner(x.shape, fit)
    linear = correlate(x, fit.kernel, dtype="float64") + fit.offset
    found = [
        Rival(CLIPPED, _left(linear.clip(y.min(), y.max()) - y, inner)),
        Rival("a point-wise curve", _curve(x[inner], y[inner])),
        *_medians(cut, wish, inner),
    ]
    own = Rival("the kernel", _left(linear - y, inner))
    return (own, *sorted(found, key=lambda rival: rival.noise))


def _medians(cut: Pair, wish: Wish, inner: tuple[slice, ...]) -> Iterator[Rival]:
    """Try a median of each size, and what a kernel after it leaves: that is two steps."""
    still = (0,) * cut.ndim
    for size in _MEDIANS:
        if size > min(cut.before.shape[:-1]):
            return
        frame = Frame(cut.ndim, cut.before.dtype, cut.white)
        smooth = Rank.median(size, cut.ndim).run(cut.before, frame)
        name = f"a median of {' x '.join([str(size)] * cut.ndim)}"
        alone = _left(smooth.astype(np.float64) - cut.after, inner)
        yield Rival(name, alone)
        away = replace(cut, before=smooth[inner], after=cut.after[inner])
        then = fitted_at(away, tuple(range(cut.channels)), wish, still)
        if then.noise < _CLEARLY * alone:
            yield Rival(f"{name}, then a kernel", then.noise)


def better(tried: tuple[Rival, ...]) -> Rival | None:
    """Return the rival that clearly leaves less than the kernel; None where none does."""
    own, *others = tried
    return others[0] if others and others[0].noise < _CLEARLY * own.noise else None


def _middle(x: Array, channels: tuple[int, ...]) -> Array:
    side = _SIDE[x.ndim - 1]
    cut = [slice(max(0, (n - side) // 2), (n - side) // 2 + side) for n in x.shape[:-1]]
    return np.ascontiguousarray(x[tuple(cut)][..., list(channels)])


def _inner(shape: tuple[int, ...], fit: Fit) -> tuple[slice, ...]:
    """Return the part whose windows lie inside, for the kernel and the largest median."""
    sides = zip(fit.kernel.anchor, fit.kernel.shape, shape, strict=False)
    cuts = []
    for anchor, taps, size in sides:
        low, high = max(anchor, _MEDIANS[-1] // 2), max(taps - 1 - anchor, _MEDIANS[-1] // 2)
        cuts.append(slice(low, size - high) if low + high < size else slice(None))
    return tuple(cuts)


def _left(difference: Taps, inner: tuple[slice, ...]) -> float:
    return math.sqrt(float((difference[inner] ** 2).mean()))


def _curve(x: Array, y: Array) -> float:
    """Return what the best curve leaves: the spread of the answers to one value."""
    low, high = float(x.min()), float(x.max())
    place = ((x.astype(np.float64) - low) * ((_BINS - 1) / ((high - low) or 1.0))).astype(np.intp)
    flat, values = place.ravel(), y.astype(np.float64).ravel()
    counts = np.bincount(flat, minlength=_BINS).clip(1)
    means = np.bincount(flat, values, _BINS) / counts
    left = float(((values - means[flat]) ** 2).sum())
    freedom = max(1, values.size - int(np.count_nonzero(counts > 1)))
    return math.sqrt(left / freedom)
