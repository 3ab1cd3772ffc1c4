"""Correlation along y, then along x, as one compiled loop for rows of all lengths.

What the first pass makes is used by the second while it is in cache: a tile of a few rows at a
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.engine.compiled.bordered import Bordered
from imgkernels.engine.compiled.dense import rounded
from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require

_FLOAT32 = np.dtype(np.float32)
_STRIP = 32  # rows that one thread takes at a time
_TILE = 512  # values of a row that stay in the first cache from pass to pass
_CHUNK = 4  # rows of the window that are unrolled


@dataclass(frozen=True)
class Rows:
    """Which loop: from which dtype to which; `centred`: some of the pixel itself is added."""

    source: np.dtype[Any]
    result: np.dtype[Any]
    centred: bool = False


@compiled_once
def rows(which: Rows) -> Compiled:
    """Compile a loop; its inputs are those of `Bordered`, `along_y`, `along_x` and `offset`.

    A centred one also has `own`, how much of the pixel itself is added, and the pixel's place.
    """
    hl = require()
    seen = Bordered(which.source, _FLOAT32)
    offset = hl.Param(hl.Float(32), "offset")
    along_y, along_x = (hl.ImageParam(hl.Float(32), 1, name) for name in ("along_y", "along_x"))
    windows = [hl.RDom([(0, row.dim(0).extent())]) for row in (along_y, along_x)]
    x, y, z = (hl.Var(name) for name in "xyz")
    upright, stored, level = (hl.Func(name) for name in ("upright", "stored", "level"))
    upright[x, y, z] = hl.f32(0)
    upright[x, y, z] += seen.function[x, y + windows[0].x, z] * along_y[windows[0].x]
    stored[x, y, z] = upright[x, y, z]
    level[x, y, z] = hl.f32(0)
    level[x, y, z] += stored[x + windows[1].x * seen.step, y, z] * along_x[windows[1].x]
    out = hl.Func("out")
    total, own = level[x, y, z], hl.Param(hl.Float(32), "own")
    places = {f"place_{axis}": hl.Param(hl.Int(32), f"place_{axis}") for axis in "xy"}
    if which.centred:
        total += own * seen.function[x + places["place_x"] * seen.step, y + places["place_y"], z]
    out[x, y, z] = rounded(total + offset, which.result)
    for row in (along_y, along_x):
        row.dim(0).set_min(0)
    _schedule(seen.function, upright, stored, level, out, windows)
    inputs = {"along_y": along_y, "along_x": along_x, "offset": offset}
    return Compiled(out, seen.inputs | inputs | ({"own": own} | places if which.centred else {}))


def _schedule(
    seen: Any, upright: Any, stored: Any, level: Any, out: Any, windows: list[Any]
) -> None:
    hl = require()
    guard, whole = hl.TailStrategy.GuardWithIf, hl.TailStrategy.RoundUp
    x, y, z = (hl.Var(name) for name in "xyz")
    strip, yo, yi, tile, xo, xi = map(hl.Var, ("strip", "yo", "yi", "tile", "xo", "xi"))
    some, tap = hl.RVar("some"), hl.RVar("tap")
    lane = lanes(_FLOAT32)
    wide, high = 2 * lane, 4 if lane == 8 else 8  # as many sums as registers hold
    out.split(y, strip, y, _STRIP, guard).split(y, yo, yi, high, guard)
    out.split(x, tile, x, _TILE, guard).split(x, xo, xi, wide, guard)
    out.reorder(xi, yi, xo, tile, yo, strip, z)
    out.vectorize(xi, lane).unroll(xi).unroll(yi).parallel(strip).parallel(z)
    stored.compute_at(out, tile).bound_extent(y, high).split(x, xo, xi, wide, whole)
    stored.reorder(xi, y, xo).vectorize(xi, lane).unroll(xi).unroll(y)
    upright.compute_at(stored, xo).update().split(windows[0].x, some, tap, _CHUNK, guard)
    upright.update().reorder(x, y, tap, some).unroll(tap)
    level.compute_at(out, xo).update().reorder(x, y, windows[1].x)
    for sums in (upright, level):
        sums.bound_extent(x, wide).bound_extent(y, high)
        sums.vectorize(x, lane).unroll(x).unroll(y)
        sums.update().vectorize(x, lane).unroll(x).unroll(y)
    seen.store_at(out, strip).compute_at(out, yo).vectorize(x, lane)
