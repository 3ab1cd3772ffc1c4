"""From moments to taps: least squares, with what the pictures leave open set to the least norm."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from imgkernels.analysis.design.moments import Moments
from imgkernels.taps import Taps

_OPEN = 1e-13  # of the largest eigenvalue: directions below it are lost in rounding
_ROUNDED = 1e-15  # of the sum of squares: what the sums of products themselves are good for
_WIDE = 2.576  # deviations that hold 99 % of independent errors, and so 95 % of rounding's
_PASSES = 200  # of alternating least squares; it stops long before where it converges


@dataclass(frozen=True)
class Solution:
    """Least-squares taps and offset with what is known about them.

    `deviation` is the standard deviation of each tap, infinite for one that the pictures do not
    determine; `condition` the ratio of the largest and the smallest eigenvalue of the windows'
    covariance, infinite where some direction never occurs; `free` the directions that do; `noise`
    the root of the mean square of what is left.
    """

    taps: Taps
    offset: float
    deviation: Taps
    offset_deviation: float
    noise: float
    condition: float
    free: int

    @property
    def confidence(self) -> Taps:
        """How far each tap may be off: 95 times in 100 it is nearer.

        Errors of rounding repeat where a picture does, so the interval is that of 99 in 100 for
        independent errors, and `echo` widens it for few taps; on photographs it holds 95 and more.
        """
        return _WIDE * self.deviation

    @property
    def offset_confidence(self) -> float:
        """How far the offset may be off, likewise."""
        return _WIDE * self.offset_deviation


@dataclass(frozen=True)
class _Centred:
    """Moments about the means: covariances times the number of windows."""

    gram: Taps
    cross: Taps
    square: float
    means: Taps
    mean: float
    count: int


def solved(moments: Moments, basis: Taps | None = None) -> Solution:
    """Return the best taps of the form `basis @ free values`; all taps are free without a basis."""
    centred = _centred(moments)
    taps = math.prod(moments.window)
    basis = np.eye(taps) if basis is None else basis
    gram = basis.T @ centred.gram @ basis
    values, vectors = np.linalg.eigh(gram)
    kept = values > max(values[-1], 0.0) * _OPEN
    spread = basis @ vectors[:, kept]
    parts = spread.T @ centred.cross
    found = spread @ (parts / values[kept])
    left = centred.square - float((parts**2 / values[kept]).sum())
    left = max(left, centred.square * _ROUNDED, 0.0)
    noise = left / max(1, centred.count - 1 - int(kept.sum()))
    covariance = (spread * (noise / values[kept])) @ spread.T
    lost = ((basis @ vectors[:, ~kept]) ** 2).sum(axis=1)
    deviation = np.where(lost > 1e-6, math.inf, np.sqrt(covariance.diagonal()))
    condition = float(values[-1] / values[0]) if kept.all() and values[0] > 0 else math.inf
    return Solution(
        found.reshape(moments.window),
        _offset(moments, centred, found),
        deviation.reshape(moments.window),
        _offset_deviation(moments, centred, covariance, noise),
        math.sqrt(left / max(1, centred.count)),
        condition,
        int(kept.sum()),
    )


def mirrored(window: tuple[int, ...]) -> Taps:
    """Return the basis of all kernels that are the same when mirrored on any of their axes."""
    places = np.indices(window).reshape(len(window), -1)
    folded = [np.minimum(i, n - 1 - i) for i, n in zip(places, window, strict=True)]
    orbit = np.ravel_multi_index(folded, window)
    basis = np.zeros((orbit.size, orbit.size))
    basis[np.arange(orbit.size), orbit] = 1.0
    used = basis.any(axis=0)
    unit: Taps = basis[:, used] / np.sqrt(basis[:, used].sum(axis=0))
    return unit


def separable(moments: Moments, basis: Taps | None = None) -> Solution:
    """Return the best separable taps: one row after the other is solved for, until none moves.

    With a basis its kernels are mirrored ones, and so is each row. The deviations are those of
    the last round, each row's for the others as they are, put together.
    """
    free = solved(moments, basis)
    rows = _leading(free.taps)
    before = math.inf
    solution = free
    for _ in range(_PASSES):
        for axis in range(len(rows)):
            solution = solved(moments, _along(rows, axis, basis is not None))
            rows = _leading(solution.taps)
        if before - solution.noise <= 1e-12 * solution.noise:
            break
        before = solution.noise
    return _with_all_rows(moments, solution, rows, basis is not None)


def excess(moments: Moments, taps: Taps, best: Taps) -> float:
    """Return by how much the sum of squares grows when `taps` stand in for the best ones."""
    apart = (taps - best).ravel()
    return float(apart @ _centred(moments).gram @ apart)


def offset_of(moments: Moments, taps: Taps) -> float:
    """Return the offset that goes best with these taps."""
    return _offset(moments, _centred(moments), taps.ravel())


def _centred(moments: Moments) -> _Centred:
    m, n = moments.matrix, max(1, moments.count)
    means, mean = m[-2, :-2] / n, float(m[-2, -1]) / n
    return _Centred(
        m[:-2, :-2] - np.outer(means, m[-2, :-2]),
        m[:-2, -1] - means * m[-2, -1],
        max(0.0, float(m[-1, -1]) - mean * float(m[-2, -1])),
        means,
        mean,
        moments.count,
    )


def _offset(moments: Moments, centred: _Centred, taps: Taps) -> float:
    seen = centred.means + moments.reference.before
    return centred.mean + moments.reference.after - float(taps @ seen)


def _offset_deviation(moments: Moments, centred: _Centred, covariance: Taps, noise: float) -> float:
    seen = centred.means + moments.reference.before
    return math.sqrt(max(0.0, float(seen @ covariance @ seen)) + noise / max(1, centred.count))


def _leading(taps: Taps) -> list[Taps]:
    """Return one row per axis whose outer product is nearest to the taps, axis by axis."""
    rows = []
    rest = taps
    for _ in range(taps.ndim - 1):
        left, sizes, right = np.linalg.svd(rest.reshape(rest.shape[0], -1), full_matrices=False)
        rows.append(left[:, 0])
        rest = (sizes[0] * right[0]).reshape(rest.shape[1:])
    return [*rows, rest]


def _along(rows: list[Taps], axis: int, mirror: bool) -> Taps:
    """Return the basis of all kernels with these rows, the one along `axis` left free."""
    size = rows[axis].size
    units = mirrored((size,)) if mirror else np.eye(size)
    fixed = [row / (np.linalg.norm(row) or 1.0) for row in rows]
    columns = [
        reduce(np.multiply.outer, [u if a == axis else row for a, row in enumerate(fixed)]).ravel()
        for u in units.T
    ]
    return np.stack(columns, axis=1)


def _with_all_rows(
    moments: Moments, solution: Solution, rows: list[Taps], mirror: bool
) -> Solution:
    """Return the solution with deviations that let every row move at once, to first order."""
    tangent = np.concatenate([_along(rows, axis, mirror) for axis in range(len(rows))], axis=1)
    orthonormal, sizes, _ = np.linalg.svd(tangent, full_matrices=False)
    around = solved(moments, orthonormal[:, sizes > 1e-9 * sizes[0]])
    return Solution(
        solution.taps,
        solution.offset,
        around.deviation,
        around.offset_deviation,
        solution.noise,
        around.condition,
        around.free,
    )
