"""Order statistics of rectangular windows as compiled networks of comparisons.

The values of a column are sorted once for all windows that the column is in; neighbouring columns
are merged, then pairs, and so on, and of what is merged only the values are kept that may still be
at the place asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.border import Border
from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.bordered import Bordered, given
from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require
from imgkernels.engine.compiled.network import Order, Part
from imgkernels.engine.compiled.paying import paid
from imgkernels.engine.compiled.slide import SOURCES
from imgkernels.values import Array

_MOST_MEMBERS = 121  # beyond, compiling takes too long
_VECTORS = 16  # of each list at a time: all lists of a tile stay in cache


@dataclass(frozen=True)
class Ranks:
    """Which network: the dtype, the window's size along z, y, x, and the place from the lowest."""

    source: np.dtype[Any]
    window: tuple[int, int, int]
    place: int

    @classmethod
    def of(cls, source: np.dtype[Any], window: tuple[int, ...], place: int) -> Ranks:
        """Return the network for a window of 1 to 3 axes."""
        depth, height, width = (1,) * (3 - len(window)) + window
        return cls(source, (depth, height, width), place)

    @property
    def members(self) -> int:
        """How many values a window has."""
        return math.prod(self.window)

    @property
    def fits(self) -> bool:
        """Whether there is a network for it."""
        return self.source.name in SOURCES and self.members <= _MOST_MEMBERS

    @property
    def start(self) -> float:
        """The seconds that compiling takes, about."""
        return 0.4 + 2.2e-4 * self.members**2

    @property
    def each(self) -> float:
        """The seconds that a value takes, about."""
        return 1e-9 * self.source.itemsize * (0.2 + (self.members / 41) ** 2)


def pays(which: Ranks, values: int, otherwise: float, repeat: int = 1) -> bool:
    """Tell whether a network ranks so many values faster than others, which take `otherwise` each.

    It is compiled once it has paid for that, or will have after `repeat` such images.
    """
    if library.missing() is not None or not which.fits or which.each >= otherwise:
        return False
    saved = (otherwise - which.each) * values
    return paid(which, saved, which.start, repeat) and library.loads()


def ranked(which: Ranks, whole: Array) -> Array:
    """Return the value at the place in every window that lies inside `(*space, C)`."""
    lead = (1,) * (4 - whole.ndim)
    x = np.require(whole, requirements=["C", "A"]).reshape(*lead, *whole.shape)
    planes, rows, columns = (n - k + 1 for n, k in zip(x.shape[:3], which.window, strict=True))
    row = columns * x.shape[-1]
    tile = _VECTORS * lanes(which.source)
    out = np.empty((planes, rows, -(-row // tile) * tile), which.source)
    if out.size:
        network(which)(out, **given(x, [(0, 0)] * 3, Border.REPLICATE, 0))
    space = (planes, rows, columns)[len(lead) :]
    return np.ascontiguousarray(out[..., :row]).reshape(*space, x.shape[-1])


@compiled_once
def network(which: Ranks) -> Compiled:
    """Compile the network; its inputs are those of `Bordered`."""
    hl = require()
    seen = Bordered(which.source, which.source)
    x, y, z = (hl.Var(name) for name in "xyz")
    build = _Build(which, seen)
    out = hl.Func("out")
    out[x, y, z] = build.answer()
    # Rows are whole tiles (`ranked` sees to it): a loop with a tail takes ten times as long to
    # compile.
    outer, inner = hl.Var("outer"), hl.Var("inner")
    lane, whole = lanes(which.source), hl.TailStrategy.RoundUp
    out.split(x, outer, inner, lane * _VECTORS, whole).reorder(inner, outer, y, z)
    out.vectorize(inner, lane, whole).parallel(y).parallel(z).never_partition_all()
    out.output_buffer().dim(0).set_min(0)
    for function, _ in build.lists.values():
        function.compute_at(out, outer).vectorize(x, lane, whole).never_partition_all()
    seen.function.compute_root().vectorize(x, lane, whole).parallel(y)
    return Compiled(out, seen.inputs)


class _Build:
    """The sorted lists of so many columns side by side, each a Halide function."""

    def __init__(self, which: Ranks, seen: Bordered) -> None:
        hl = require()
        self.lists: dict[int, tuple[Any, Part]] = {}
        self._which, self._seen = which, seen
        self._order = Order(hl.min, hl.max)
        self._at = tuple(hl.Var(name) for name in "xyz")

    def answer(self) -> Any:
        """Return the value at the place, from the lists of both halves of the window."""
        width = self._which.window[2]
        if width == 1:
            one = self._part(1)
            return one.values[self._which.place - one.below]
        half = width - width // 2
        a, b = self._part(half), self._part(width - half, half)
        return self._order.place(a.values, b.values, self._which.place - a.below - b.below)

    def _part(self, width: int, after: int = 0) -> Part:
        """Return the list of so many columns, from the one that lies so far to the right."""
        hl = require()
        x, y, z = self._at
        if width not in self.lists:
            part = self._made(width).narrowed(self._which.members, self._which.place)
            function = hl.Func(f"columns_{width}")
            alone = len(part.values) == 1
            function[x, y, z] = part.values[0] if alone else hl.Tuple(list(part.values))
            self.lists[width] = function, part
        function, part = self.lists[width]
        there = function[x + self._seen.step * after, y, z]
        count = len(part.values)
        values = tuple(there[i] for i in range(count)) if count > 1 else (there,)
        return Part(values, part.below, part.above)

    def _made(self, width: int) -> Part:
        if width == 1:
            x, y, z = self._at
            depth, height, _ = self._which.window
            column = [
                self._seen.function[x, y + j, z + i] for i in range(depth) for j in range(height)
            ]
            return Part(tuple(self._order.sort(column)))
        first = 1 << ((width - 1).bit_length() - 1)
        return self._part(first).merged(self._part(width - first, first), self._order)
