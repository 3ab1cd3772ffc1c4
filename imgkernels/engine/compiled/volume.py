"""Correlation of volumes along z, y and x, as one compiled loop for rows of all lengths.

Along z and y every value of a row is summed like the next, so these passes read the image as it
is, whatever border it has; along x a row that is done has its border laid beside it. What a pass
makes is used by the next while it is in cache: some rows of a few planes at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.engine.compiled.dense import finished
from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require, type_of

_FLOAT32 = np.dtype(np.float32)
_PLANES = 32  # that one thread takes at a time
_ROWS = 64  # as many as may be taken with them: their sums across the planes stay in cache
_HIGH = 4  # rows that are summed together
_DEEP = 8  # planes that are summed together, as most of what they read is the same
_CHUNK = 3  # taps that are unrolled


@dataclass(frozen=True)
class Volume:
    """Which loop: from which dtype to which, and of how many kernels the length, if any."""

    source: np.dtype[Any]
    result: np.dtype[Any]
    length_of: int = 0


@compiled_once
def volume(which: Volume) -> Compiled:
    """Compile a loop; its inputs are those of `given`, and some more.

    They are the taps `along_` each axis, `(kernel, tap)`, an `offset`, `share`, and how many `rows`
    are taken at a time. Planes and rows are all in the image: a border of a value is laid there
    before. `share` is the sum of each kernel's taps along z and y: what a value beyond the end of
    a row becomes.
    """
    hl = require()
    image = hl.ImageParam(type_of(which.source), 3, "image")
    at = [hl.ImageParam(hl.Int(32), 1, f"at_{axis}") for axis in "xyz"]
    rows = [hl.ImageParam(hl.Float(32), 2, f"along_{axis}") for axis in "zyx"]
    share = hl.ImageParam(hl.Float(32), 1, "share")
    left, step = hl.Param(hl.Int(32), "left"), hl.Param(hl.Int(32), "step")
    some = hl.Param(hl.Int(32), "rows")
    value, offset = hl.Param(hl.Float(32), "value"), hl.Param(hl.Float(32), "offset")
    for each in (image, *at, *rows, share):
        each.dim(0).set_min(0)
    passes = _Passes(image, at, rows, share, left, step, value, some)
    x, y, z = (hl.Var(name) for name in "xyz")
    out = hl.Func("out")
    sums = [passes.level[x, y, z, each] for each in range(max(1, which.length_of))]
    out[x, y, z] = finished(which, sums, offset)
    passes.schedule(out, max(1, which.length_of))
    inputs = {"image": image, "share": share, "left": left, "step": step, "value": value,
              "offset": offset, "rows": some}  # fmt: skip
    inputs |= {f"at_{axis}": places for axis, places in zip("xyz", at, strict=True)}
    inputs |= {f"along_{axis}": row for axis, row in zip("zyx", rows, strict=True)}
    return Compiled(out, inputs)


def rows_at_once(height: int) -> int:
    """Return how many rows are taken at a time: alike, as what is beyond the last is computed."""
    strips = max(1, -(-height // _ROWS))
    return max(_HIGH, -(-height // strips // _HIGH) * _HIGH)


class _Passes:
    """The Halide functions `(x, y, z, kernel)` of the three passes, and when each is computed."""

    def __init__(
        self, image: Any, at: list[Any], rows: list[Any], share: Any, left: Any, step: Any,
        value: Any, some: Any,
    ) -> None:  # fmt: skip
        hl = require()
        x, y, z, k = (hl.Var(name) for name in "xyzk")
        self._rows = some
        self._taps = [hl.RDom([(0, row.dim(0).extent())]) for row in rows]
        width, height, depth = (image.dim(axis).extent() for axis in range(3))
        deep, high, wide = self._taps
        names = ("across", "planes", "upright", "stored", "row", "level")
        self.across, self.planes, self.upright, self.stored, self.row, self.level = map(
            hl.Func, names
        )
        column, line, plane = (
            places[hl.clamp(i, 0, places.dim(0).extent() - 1)]
            for i, places in zip((x, y, z + deep.x), at, strict=True)
        )
        # The maps hold what lies in the image: a promise, no clamp.
        line = hl.unsafe_promise_clamped(line, 0, height - 1)
        plane = hl.unsafe_promise_clamped(plane, 0, depth - 1)
        seen = image[hl.clamp(hl.likely(x), 0, width - 1), line, plane]
        self.across[x, y, z, k] = hl.f32(0)
        self.across[x, y, z, k] += hl.cast(hl.Float(32), seen) * rows[0][deep.x, k]
        self.planes[x, y, z, k] = self.across[x, y, z, k]
        self.upright[x, y, z, k] = hl.f32(0)
        self.upright[x, y, z, k] += self.planes[x, y + high.x, z, k] * rows[1][high.x, k]
        self.stored[x, y, z, k] = self.upright[x, y, z, k]
        edge = self.stored[hl.unsafe_promise_clamped(hl.max(column, 0), 0, width - 1), y, z, k]
        middle = self.stored[hl.clamp(hl.likely(x - left), 0, width - 1), y, z, k]
        inside = (x >= left) & (x < left + width)
        # `likely` has the loop along x cut in three, so that the middle knows no border.
        self.row[x, y, z, k] = hl.select(
            inside, hl.likely(middle), hl.select(column < 0, value * share[k], edge)
        )
        self.level[x, y, z, k] = hl.f32(0)
        self.level[x, y, z, k] += self.row[x + wide.x * step, y, z, k] * rows[2][wide.x, k]

    def schedule(self, out: Any, count: int) -> None:
        """Sum in registers, from what lies in cache."""
        hl = require()
        guard = hl.TailStrategy.GuardWithIf
        x, y, z, k = (hl.Var(name) for name in "xyzk")
        names = ("slab", "zo", "zi", "strip", "yo", "yi", "xo", "xi")
        slab, zo, zi, strip, yo, yi, xo, xi = map(hl.Var, names)
        some, tap = hl.RVar("some"), hl.RVar("tap")
        lane = lanes(_FLOAT32)
        wide, high = 2 * lane, _HIGH
        out.split(z, slab, z, _PLANES, guard).split(z, zo, zi, _DEEP, guard)
        out.split(y, strip, y, self._rows, guard).split(y, yo, yi, high, guard)
        out.split(x, xo, xi, wide, guard)
        out.reorder(xi, yi, xo, yo, zi, zo, strip, slab)
        out.vectorize(xi, lane).unroll(xi).unroll(yi).parallel(strip).parallel(slab)
        self.level.compute_at(out, xo).bound_extent(k, count)
        self.level.bound_extent(x, wide).bound_extent(y, high)
        for each in (self.level, self.level.update()):
            each.vectorize(x, lane).unroll(x).unroll(y)
        self.level.unroll(k)
        self.level.update().reorder(x, y, self._taps[2].x, k).unroll(k)
        self.row.compute_at(out, yo).bound_extent(k, count).vectorize(x, lane)
        self.stored.compute_at(out, yo).bound_extent(y, high).bound_extent(k, count)
        self.stored.split(x, xo, xi, wide, guard).reorder(xi, y, xo, k)
        self.stored.vectorize(xi, lane).unroll(xi).unroll(y)
        self.upright.compute_at(self.stored, xo).bound_extent(x, wide).bound_extent(y, high)
        self.upright.vectorize(x, lane).unroll(x).unroll(y)
        sums = self.upright.update().split(self._taps[1].x, some, tap, _CHUNK, guard)
        sums.reorder(x, y, tap, some).vectorize(x, lane).unroll(x).unroll(y).unroll(tap)
        self._schedule_across(out, zo, count)

    def _schedule_across(self, out: Any, at: Any, count: int) -> None:
        hl = require()
        guard, lane = hl.TailStrategy.GuardWithIf, lanes(_FLOAT32)
        x, y, z, k, xo, xi = (hl.Var(name) for name in ("x", "y", "z", "k", "xo", "xi"))
        some, tap = hl.RVar("some"), hl.RVar("tap")
        self.planes.compute_at(out, at).bound_extent(z, _DEEP).bound_extent(k, count)
        self.planes.split(x, xo, xi, 2 * lane, guard).reorder(xi, z, xo, y, k)
        self.planes.vectorize(xi, lane).unroll(xi).unroll(z)
        self.across.compute_at(self.planes, xo).bound_extent(x, 2 * lane).bound_extent(z, _DEEP)
        self.across.vectorize(x, lane).unroll(x).unroll(z)
        sums = self.across.update().split(self._taps[0].x, some, tap, _CHUNK, guard)
        sums.reorder(x, z, tap, some).vectorize(x, lane).unroll(x).unroll(z).unroll(tap)
