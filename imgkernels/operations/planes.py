"""Planes fitted to windows with holes, by weight: what stands in for what is missing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from imgkernels.border import pad
from imgkernels.engine import Problem, plan_for
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame
from imgkernels.operations.reach import reach_of
from imgkernels.values import Array, Floats

# Spreads below this share of a window's size squared are rounding: no slope is told from them.
_FLAT = 1e-9
_SURE = 1e-6  # a spread this large in every direction needs no look at each
_BLOCK = 1 << 17  # points fitted at a time

Box = tuple[slice, ...]


@dataclass(frozen=True)
class Window:
    """The window of a kernel with places counted from its anchor, in shares of its size."""

    kernel: Kernel

    @property
    def axes(self) -> list[int]:
        """The axes along which there is a slope to tell."""
        return [axis for axis, n in enumerate(self.kernel.shape) if n > 1]

    def places(self, axis: int) -> Floats:
        """Return the places of the taps along an axis."""
        n = self.kernel.shape[axis]
        found: Floats = (np.arange(n, dtype=np.float64) - self.kernel.anchor[axis]) / n
        return found

    def bell(self, *axes: int) -> Kernel:
        """Weights that fall off from the window's middle, times the places along some axes."""
        rows = [np.exp(-8 * (((np.arange(n) + 0.5) / n - 0.5) ** 2)) for n in self.kernel.shape]
        for axis in axes:
            rows[axis] = rows[axis] * self.places(axis)
        return Kernel.from_factors(*rows, anchor=self.kernel.anchor)

    def tilted(self, axis: int) -> Kernel:
        """Return the kernel times the places along an axis."""
        places = self.places(axis)
        if self.kernel.factors is not None:
            rows = [r * places if a == axis else r for a, r in enumerate(self.kernel.factors)]
            return Kernel.from_factors(*rows, anchor=self.kernel.anchor)
        along = [-1 if a == axis else 1 for a in range(self.kernel.ndim)]
        return Kernel(self.kernel.taps * places.reshape(along), self.kernel.anchor)


def add_planes(
    answer: Floats, values: Floats, weight: Floats, kernel: Kernel, frame: Frame, where: Array
) -> None:
    """Add to sums over what is there, `(*space, C)`, the sums over the planes, at some pixels.

    `values` come times their weight. NaN is added where the sum depends on what is not determined.
    """
    margins = reach_of(kernel)
    values = pad(values, margins, frame.border, frame.border_value)
    weight = pad(weight, margins, frame.border, 1.0)
    fit = _Fit(Window(kernel))
    for box in _boxes(where, kernel.shape[0]):
        grown = tuple(
            slice(s.start, s.stop + n - 1) for s, n in zip(box, kernel.shape, strict=True)
        )
        found = fit.sums(values[grown], weight[grown])
        answer[box] += np.where(where[box][..., np.newaxis], found, 0)


def _boxes(where: Array, height: int) -> Iterator[Box]:
    """Cut the pixels that are asked for into boxes of some rows each, as narrow as they allow."""
    rows = max(height, _BLOCK // max(1, math.prod(where.shape[1:])))
    for first in range(0, where.shape[0], rows):
        part = where[first : first + rows]
        if part.any():
            ends = [slice(int(i.min()), int(i.max()) + 1) for i in np.nonzero(part)]
            ends[0] = slice(ends[0].start + first, ends[0].stop + first)
            yield tuple(ends)


@dataclass(frozen=True)
class _Fit:
    """A plane for each window of a block: its level and its slopes, times what they add."""

    window: Window

    def sums(self, values: Floats, there: Floats) -> Floats:
        """Return what the planes add to each window; NaN where that is not determined."""
        window, axes, gone = self.window, self.window.axes, 1 - there
        share = _total(there, window.bell())
        share = np.where(share > 0, share, np.nan)
        level, hole = _total(values, window.bell()) / share, _total(gone, window.kernel)
        if not axes:
            return level * hole
        middle = [_total(there, window.bell(a)) / share for a in axes]
        tilts = [
            _total(values, window.bell(a)) / share - m * level
            for a, m in zip(axes, middle, strict=True)
        ]
        levers = [
            _total(gone, window.tilted(a)) - m * hole for a, m in zip(axes, middle, strict=True)
        ]
        spread = {
            (i, j): _total(there, window.bell(axes[i], axes[j])) / share - middle[i] * middle[j]
            for i, j in itertools.combinations_with_replacement(range(len(axes)), 2)
        }
        noise = _FLAT * float(np.abs(window.kernel.taps).sum())
        return level * hole + _slopes(spread, tilts, levers, noise)


def _total(of: Floats, kernel: Kernel) -> Floats:
    problem = Problem.of_kernel((1, *of.shape), of.dtype, kernel, extent="valid")
    found: Floats = plan_for(problem).run(of[np.newaxis])[0]
    return found


Spread = Mapping[tuple[int, int], Floats]


def _slopes(
    spread: Spread, tilts: Sequence[Floats], levers: Sequence[Floats], noise: float
) -> Floats:
    """Return slope times lever, where the slope solves spread * slope = tilt.

    Elimination does where the spread is large in every direction; elsewhere each is looked at.
    """
    n = len(tilts)
    sizes: Floats = sum((spread[i, i] for i in range(n)), np.zeros(1))
    found: Floats = np.zeros(1)
    left: Floats = np.ones(1)
    pivots, pulls, arms = dict(spread), list(tilts), list(levers)
    for i in range(n):
        left = left * pivots[i, i]
        pivot = np.where(pivots[i, i] > 0, pivots[i, i], 1)
        found = found + pulls[i] * (arms[i] / pivot)
        for j in range(i + 1, n):
            factor = pivots[i, j] / pivot
            pulls[j] = pulls[j] - factor * pulls[i]
            arms[j] = arms[j] - factor * arms[i]
            for k in range(j, n):
                pivots[j, k] = pivots[j, k] - factor * pivots[i, k]
    # The product of all directions' spreads over the sum, as often as there are others, is at most
    # the least of them.
    doubtful = ~(left > _SURE * sizes ** (n - 1)).all(axis=-1)
    if doubtful.any():
        found[doubtful] = _looked_at(
            {key: part[doubtful] for key, part in spread.items()},
            np.stack([part[doubtful] for part in tilts], -1),
            np.stack([part[doubtful] for part in levers], -1),
            noise,
        )
    return found


def _looked_at(spread: Spread, together: Floats, lever: Floats, noise: float) -> Floats:
    """Solve direction by direction; NaN where the answer depends on one without a spread."""
    n = together.shape[-1]
    matrix = np.stack(
        [np.stack([spread[min(i, j), max(i, j)] for j in range(n)], -1) for i in range(n)], -1
    )
    unseen = np.isnan(matrix[..., 0, 0])
    sizes, turns = np.linalg.eigh(np.where(unseen[..., None, None], 0, matrix))
    known = sizes > _FLAT
    levers = np.einsum("...ij,...i->...j", turns, lever)
    pulls = np.einsum("...ij,...i->...j", turns, together)
    steps = np.where(known, pulls / np.where(known, sizes, 1), 0) * levers
    undetermined = (~known & (np.abs(levers) > noise)).any(axis=-1) | unseen
    return np.where(undetermined, np.nan, np.where(known, steps, 0).sum(axis=-1))
