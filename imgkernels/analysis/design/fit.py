"""One kernel fitted to one pair, with how sure each tap is and whether it explains the pair."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from imgkernels.analysis.design import solve
from imgkernels.analysis.design.echo import MOST_TAPS, Answer, echoed
from imgkernels.analysis.design.moments import Moments, Reference, gathered
from imgkernels.analysis.design.planes import Pair
from imgkernels.analysis.design.shift import shift_of
from imgkernels.analysis.design.snap import snapped
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

_ROUNDING = 0.6  # of a step: twice what rounding leaves, which is 1 / sqrt(12)
_FLOAT = 1e-5  # of the largest answer: what computing in float32 may leave
_BETTER = 0.9  # of the noise: what a shifted window must reach to be taken


@dataclass(frozen=True)
class Wish:
    """What kind of kernel is looked for."""

    window: tuple[int, ...]
    symmetric: bool = False
    separable: bool = False
    snap: bool = False


@dataclass(frozen=True)
class Fit:
    """The best kernel and offset: `after` is `before` correlated with `kernel`, plus `offset`.

    `confidence` has one value per tap: it is off by less 95 times in 100; infinite where the
    picture does not say. `divisor` is set where the taps were snapped to whole numbers over it.
    `noise` is the root mean square of what is left, in the values of the picture after; `allowed`
    what rounding may leave; `share` the part of the contrast that is explained. `clipped` windows
    of `windows + clipped` were left out, their answers being cut off.
    """

    kernel: Kernel
    offset: float
    confidence: Taps
    offset_confidence: float
    condition: float
    noise: float
    allowed: float
    share: float
    windows: int
    clipped: int
    divisor: int | None = None

    @property
    def explains(self) -> bool:
        """Whether what is left is no more than rounding leaves."""
        return self.noise <= self.allowed

    @property
    def determined(self) -> bool:
        """Whether the picture determines every tap."""
        return bool(np.isfinite(self.confidence).all())


def fitted(pair: Pair, channels: tuple[int, ...], wish: Wish) -> Fit:
    """Fit one kernel to all these channels; look for a shifted one where none fits in place."""
    still = (0,) * pair.ndim
    fit = fitted_at(pair, channels, wish, still)
    if fit.explains:
        return fit
    shift = shift_of(pair, wish.window)
    if shift == still or min(np.subtract(pair.before.shape[:-1], np.abs(shift))) < 4:
        return fit
    moved = fitted_at(pair, channels, wish, shift)
    return moved if moved.noise < _BETTER * fit.noise else fit


def fitted_at(pair: Pair, channels: tuple[int, ...], wish: Wish, shift: tuple[int, ...]) -> Fit:
    """Fit one kernel whose window is centred `shift` pixels from its answer."""
    moments, answers = _moments(pair, channels, wish.window, shift)
    basis = solve.mirrored(wish.window) if wish.symmetric else None
    solver = solve.separable if wish.separable and len(wish.window) > 1 else solve.solved
    found = solver(moments, basis)
    if pair.step and math.prod(wish.window) <= MOST_TAPS and np.isfinite(found.deviation).all():

        def again(answer: Answer) -> solve.Solution:
            return solver(_moments(pair, channels, wish.window, shift, answer)[0], basis)

        found = echoed(found, pair.limits, again)
    largest = max((abs(float(e)) for e in (pair.after.min(), pair.after.max())), default=0.0)
    fit = Fit(
        _kernel(found.taps, shift),
        found.offset,
        found.confidence,
        found.offset_confidence,
        found.condition,
        found.noise,
        max(_ROUNDING * pair.step, _FLOAT * largest),
        _share(moments, found.noise),
        moments.count,
        answers,
    )
    snap = snapped(moments, found) if wish.snap and fit.explains else None
    if snap is None:
        return fit
    more = solve.excess(moments, snap.taps, found.taps) / max(1, moments.count)
    return replace(
        fit,
        kernel=_kernel(snap.taps, shift),
        offset=solve.offset_of(moments, snap.taps),
        noise=math.sqrt(found.noise**2 + more),
        divisor=snap.divisor,
    )


def _moments(
    pair: Pair,
    channels: tuple[int, ...],
    window: tuple[int, ...],
    shift: tuple[int, ...],
    answer: Answer | None = None,
) -> tuple[Moments, int]:
    """Return the moments of all channels together, and how many answers were at a limit.

    With an `answer` of its own, what it makes of the windows stands in for the picture after.
    """
    reference = Reference(*(float(np.rint(_typical(p))) for p in (pair.before, pair.after)))
    parts, clipped = [], 0
    for channel in channels:
        x, y, used = pair.laid(channel, window, shift)
        clipped += 0 if used is None else int(used.size - np.count_nonzero(used))
        due = y if answer is None else answer(x, y)
        parts.append(gathered(x, due, window, reference, used))
    return reduce(Moments.__add__, parts), clipped


def _typical(x: Taps) -> float:
    thin = x[tuple(slice(None, None, max(1, n // 64)) for n in x.shape[:-1])]
    return float(thin.astype(np.float64).mean())


def _share(moments: Moments, noise: float) -> float:
    count = max(1, moments.count)
    mean = float(moments.matrix[-2, -1]) / count
    variance = float(moments.matrix[-1, -1]) / count - mean**2
    return 1.0 if variance <= 0 else max(0.0, 1 - noise**2 / variance)


def _kernel(taps: Taps, shift: tuple[int, ...]) -> Kernel:
    """Anchor the taps where the pixel lies, with zeros between where that is outside."""
    anchors = [n // 2 - s for n, s in zip(taps.shape, shift, strict=True)]
    margins = [(max(0, -a), max(0, a - n + 1)) for a, n in zip(anchors, taps.shape, strict=True)]
    anchor = tuple(a + low for a, (low, _) in zip(anchors, margins, strict=True))
    return Kernel(np.pad(taps, margins), anchor)
