"""Correlation with every tap of the window, as one compiled loop for windows of all sizes."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from imgkernels.engine.compiled.bordered import Bordered
from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require, type_of

_FLOAT32 = np.dtype(np.float32)
_STRIP = 16  # rows that one thread takes at a time
_CHUNK = 4  # rows of the window that are unrolled, so that rows of the image are read once for all


class Lengths(Protocol):
    """Which loop, as far as what it does with its sums goes."""

    @property
    def source(self) -> np.dtype[Any]:
        """The dtype that comes in."""

    @property
    def result(self) -> np.dtype[Any]:
        """The dtype that goes out."""

    @property
    def length_of(self) -> int:
        """Of how many kernels the length is asked for, if any."""


@dataclass(frozen=True)
class Dense:
    """Which loop: from which dtype to which, and of how many kernels the length, if any.

    `parted`: the window is summed some rows at a time, as long sums in float32 lose digits.
    """

    source: np.dtype[Any]
    result: np.dtype[Any]
    length_of: int = 0
    parted: bool = False


@compiled_once
def dense(which: Dense) -> Compiled:
    """Compile a loop; its inputs are those of `Bordered`, `taps` (k, z, y, x) and `offset`."""
    hl = require()
    count = max(1, which.length_of)
    seen = Bordered(which.source, _FLOAT32)
    taps = hl.ImageParam(hl.Float(32), 4, "taps")
    offset = hl.Param(hl.Float(32), "offset")
    x, y, z, k = (hl.Var(name) for name in "xyzk")
    window = hl.RDom([(0, taps.dim(axis).extent()) for axis in range(3)], "window")
    total, out = hl.Func("total"), hl.Func("out")
    total[x, y, z, k] = hl.f32(0)
    place = (x + window.x * seen.step, y + window.y, z + window.z)
    total[x, y, z, k] += seen.function[place] * taps[window.x, window.y, window.z, k]
    sums = [total[x, y, z, each] for each in range(count)]
    out[x, y, z] = finished(which, sums, offset)
    for axis in range(4):
        taps.dim(axis).set_min(0)
    _schedule(which, out, total, seen.function, window)
    return Compiled(out, seen.inputs | {"taps": taps, "offset": offset})


def finished(which: Lengths, sums: list[Any], offset: Any) -> Any:
    """Return the expression of what becomes of the sums: their length, the offset, rounding."""
    answer = sums[0]
    if which.length_of:
        answer = _length(sums, which.source)
    return rounded(answer + offset, which.result)


def _length(sums: list[Any], source: np.dtype[Any]) -> Any:
    """Return the root of the sum of squares; those of floats may leave float32, so they scale."""
    hl = require()
    scale = back = hl.f32(1)
    if source.kind == "f":
        most = functools.reduce(hl.max, [hl.abs(each) for each in sums])
        for there, power in ((most > 2.0**60, -66), (most < 2.0**-60, 90)):
            scale = hl.select(there, hl.f32(2.0**power), scale)
            back = hl.select(there, hl.f32(2.0**-power), back)
    squares = [(each * scale) * (each * scale) for each in sums]
    return hl.sqrt(functools.reduce(lambda a, b: a + b, squares)) * back


def rounded(value: Any, result: np.dtype[Any]) -> Any:
    """Return the expression of a float32 in a dtype: integers rounded half to even and clamped."""
    hl = require()
    return value if result.kind == "f" else hl.saturating_cast(type_of(result), hl.round(value))


def _schedule(which: Dense, out: Any, total: Any, seen: Any, window: Any) -> None:
    """Sum in registers, a tile at a time, from rows that are bordered once for each strip."""
    hl = require()
    guard = hl.TailStrategy.GuardWithIf
    x, y, z, k = (hl.Var(name) for name in "xyzk")
    xo, xi, yo, yi, strip = (hl.Var(name) for name in ("xo", "xi", "yo", "yi", "strip"))
    block, line = hl.RVar("block"), hl.RVar("line")
    part, plane = hl.Var("part"), hl.Var("plane")
    lane, count = lanes(_FLOAT32), max(1, which.length_of)
    # Two vectors side by side, and as many rows as registers hold: 16 sums, or 8 of the 16 of AVX2.
    wide, high = 2 * lane, max(1, (4 if lane == 8 else 8) // count)
    out.split(y, strip, y, _STRIP, guard).split(y, yo, yi, high, guard)
    out.split(x, xo, xi, wide, guard).reorder(xi, yi, xo, yo, strip, z)
    out.vectorize(xi, lane).unroll(xi).unroll(yi).parallel(strip).parallel(z)
    sums = total.update().split(window.y, block, line, _CHUNK, guard)
    some = sums.rfactor([(block, part), (window.z, plane)]) if which.parted else total
    for each in (total, some) if which.parted else (total,):
        each.bound_extent(x, wide).bound_extent(y, high).bound_extent(k, count)
        each.vectorize(x, lane).unroll(x).unroll(y).unroll(k)
        each.update().vectorize(x, lane).unroll(x).unroll(y).unroll(k)
    total.compute_at(out, xo)
    if which.parted:
        total.update().reorder(x, y, k, block, window.z)
        some.compute_at(total, block).update().reorder(x, y, k, line, window.x).unroll(line)
    else:
        total.update().reorder(x, y, k, line, window.x, block, window.z).unroll(line)
    seen.store_at(out, strip).compute_at(out, yo).vectorize(x, lane)
