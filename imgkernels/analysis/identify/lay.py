"""Known kernels laid on a kernel: every row of the bank on every place, the best place of each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.analysis.identify.bank import Group, Known, Row, trimmed
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

AS_IT_IS, TURNED, REMADE = "as it is", "turned on the grid", "made with these values"
STEERED, RESAMPLED = "steered", "resampled"
FLOOR = 1e-8  # residuals below it are rounding
NEAREST = 12  # candidates that are looked at closely
# Of two that fit nearly alike the one with less freedom is meant: its residual counts less.
_WEIGHTS = {AS_IT_IS: 1.0, TURNED: 1.05, REMADE: 1.5, STEERED: 1.5, RESAMPLED: 2.0}
_STEERED_FROM = 0.7  # the cosine from which a mix of two directions is looked at


@dataclass(frozen=True)
class Match:
    """A known kernel laid on one: `kernel` is about `scale` times it, `degrees` turned, shifted.

    `residual` is the norm of what is left as a share of the kernel's, `cosine` the likeness;
    `how` says how the known kernel was turned; `shift` how many pixels its anchor lies off; `also`
    names other filters with the same taps; `chance` is how often a random kernel of this window
    has a match as near.
    """

    known: Known
    how: str
    degrees: float
    words: str
    shift: tuple[int, ...]
    scale: float
    residual: float
    chance: float
    also: tuple[str, ...]

    @property
    def name(self) -> str:
        """The step that has the known kernel."""
        return self.known.name

    @property
    def cosine(self) -> float:
        """The likeness of the two as vectors of taps, with the sign of the scale."""
        return math.copysign(math.sqrt(max(0.0, 1 - self.residual**2)), self.scale)

    @property
    def weighted(self) -> tuple[float, float, int, bool, tuple[int, int, int]]:
        """What matches are ranked by: residual, then angle, then plainness."""
        angle = 0.0 if self.known.angle else min(self.degrees, 360 - self.degrees)
        weight = (self.residual + FLOOR) * _WEIGHTS[self.how]
        count, *_ = self.known.plainness
        return weight, round(angle, 3), count, self.scale < 0, self.known.plainness


@dataclass(frozen=True)
class Query:
    """A kernel to be named: its taps without empty edges, and where its anchor lies in them."""

    kernel: Kernel

    @cached_property
    def _trimmed(self) -> tuple[Taps, tuple[int, ...]]:
        return trimmed(self.kernel)

    @property
    def taps(self) -> Taps:
        """The taps without empty edges."""
        return self._trimmed[0]

    @property
    def anchor(self) -> tuple[int, ...]:
        """Where the anchor lies in them, be it outside."""
        return self._trimmed[1]

    @cached_property
    def norm(self) -> float:
        """The root of the sum of squares."""
        return float(np.linalg.norm(self.taps))

    def holds(self, shape: tuple[int, ...]) -> bool:
        """Tell whether a window of this shape fits in."""
        return all(n <= m for n, m in zip(shape, self.taps.shape, strict=True))


def laid(query: Query, group: Group) -> tuple[list[Match], int]:
    """Lay the rows of one shape on every place; return the best ones, and how many places."""
    shape = group.rows[0].taps.shape
    windows = sliding_window_view(query.taps, shape)
    spots = windows.shape[: query.taps.ndim]
    dots = windows.reshape(-1, group.units.shape[1]) @ group.units.T / query.norm
    best = np.abs(dots).argmax(axis=0)
    ranked = np.argsort(-np.abs(dots).max(axis=0), kind="stable")
    ties = np.abs(dots[best[ranked], ranked]) >= 1 - FLOOR  # all of them: the plainest is wanted
    near = ranked[: max(NEAREST, int(ties.sum()))]
    found = [_laid(query, group, int(i), np.unravel_index(best[i], spots)) for i in near]
    return [*found, *_steered(query, group, dots, spots)], len(dots)


def laid_alone(query: Query, known: Known, kernel: Kernel, degrees: float) -> Match | None:
    """Lay one kernel that is not in the bank; None where it is wider than the query."""
    row = Row(known, *trimmed(kernel), degrees, "")
    norm = float(np.linalg.norm(row.taps))
    if norm == 0 or not query.holds(row.taps.shape):
        return None
    alone = Group(
        (row,), (row.taps / norm).reshape(1, -1), np.zeros(1, np.intp), np.full(1, -1, np.intp)
    )
    return laid(query, alone)[0][0]


def _laid(query: Query, group: Group, i: int, spot: tuple[np.intp, ...]) -> Match:
    row = group.rows[i]
    place = _window(spot, row.taps.shape)
    scale = float((query.taps[place] * row.taps).sum() / (row.taps**2).sum())
    left = query.taps.copy()
    left[place] -= scale * row.taps
    same = np.flatnonzero(group.alike == group.alike[i])
    also = {group.rows[j].known.filter for j in same if not group.rows[j].words}
    angle = dict(row.known.given).get(row.known.angle or "", row.degrees)
    return Match(
        row.known,
        TURNED if row.words else AS_IT_IS,
        float(angle) if row.known.angle else row.degrees,
        row.words,
        _shift(query, spot, row),
        scale,
        float(np.linalg.norm(left)) / query.norm,
        1.0,
        tuple(sorted(also - {row.known.filter})),
    )


def _steered(query: Query, group: Group, dots: Taps, spots: tuple[int, ...]) -> Iterator[Match]:
    """Mix first derivatives with themselves turned by a quarter: the angle comes out at once."""
    for i in np.flatnonzero(group.partners >= 0):
        row, turned = group.rows[i], group.rows[group.partners[i]]
        along, across = dots[:, i], dots[:, group.partners[i]]
        at = int(np.hypot(along, across).argmax())
        size = math.hypot(along[at], across[at])
        if size < _STEERED_FROM:
            continue
        sign = 1.0 if turned.degrees == 90 else -1.0
        degrees = math.degrees(math.atan2(sign * across[at], along[at])) % 360
        back = 90 < degrees < 270  # half a turn is the other sign
        spot = np.unravel_index(at, spots)
        residual = math.sqrt(max(0.0, 1 - size**2))
        scale = (-size if back else size) * query.norm / float(np.linalg.norm(row.taps))
        degrees = (degrees + 180) % 360 if back else degrees
        shift = _shift(query, spot, row)
        yield Match(row.known, STEERED, degrees, "", shift, scale, residual, 1.0, ())


def _window(spot: tuple[np.intp, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(int(s), int(s) + n) for s, n in zip(spot, shape, strict=True))


def _shift(query: Query, spot: tuple[np.intp, ...], row: Row) -> tuple[int, ...]:
    """Return how far the known kernel's anchor lies from that of the query, in pixels."""
    anchors = zip(spot, row.anchor, query.anchor, strict=True)
    return tuple(int(s) + there - here for s, there, here in anchors)
