"""Sums of a few waves over a window that slides along lines, each by a recursion.

An array is seen as `(outer, places, lanes)`: lines go along the places, and many lie side by side
as lanes. The sums are made in float64, as rounding is carried on to the end of a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from imgkernels.engine.compiled.dense import rounded
from imgkernels.engine.compiled.library import Compiled, compiled_once, require, type_of

LANES = 16  # lines whose sums are made at a time
_LEAST, _LINE = 32, 64  # lanes of a strip; bytes of the answer that are written side by side
_FLOAT64 = np.dtype(np.float64)
_TOGETHER = 8  # first sums that are made at a time


@dataclass(frozen=True)
class Sliding:
    """Which loop: dtypes it reads, lays out and writes, and of how many waves.

    `apart`: the lanes do not lie side by side in memory, as those of a line along x do.
    """

    source: np.dtype[Any]
    compute: np.dtype[Any]
    result: np.dtype[Any]
    waves: int
    apart: bool


@compiled_once
def sliding(which: Sliding) -> Compiled:
    """Compile a loop.

    Inputs: `image`; `at`, the place of each sample along a line with its border and one more at
    each end, -1 for the border's value; `taps`, how many; `answers`, how many along a line;
    `start` (taps + 1, 2 waves); `motion` (waves, 3): stiffness, ends, beyond; `told`: sign, the
    border's value, offset.
    """
    hl = require()
    image = hl.ImageParam(type_of(which.source), 3, "image")
    at = hl.ImageParam(hl.Int(32), 1, "at")
    start, motion = (hl.ImageParam(hl.Float(64), 2, name) for name in ("start", "motion"))
    taps, answers = (hl.Param(hl.Int(32), name) for name in ("taps", "answers"))
    # As a buffer: single parameters are handed over in float32.
    told = hl.ImageParam(hl.Float(64), 1, "told")
    sign, value, offset = told[0], *(hl.cast(type_of(which.compute), told[n]) for n in (1, 2))
    laid = _laid(which, image, at, value)
    window = hl.RDom([(0, start.dim(1).extent())])
    walk = hl.RDom([(0, 2 * which.waves + 1), (0, answers)])
    first = _first(laid, start, window)
    sums = _sums(which, laid, first, motion, taps, sign, walk)
    lane, place, outer = _axes()
    done, out = hl.Func("done"), hl.Func("out")
    answer = hl.cast(type_of(which.compute), sums[lane, 2 * which.waves + place, outer])
    done[lane, place, outer] = rounded(answer + offset, which.result)
    out[lane, place, outer] = done[lane, place, outer]
    for buffer in (image, at, start, motion, told, out.output_buffer()):
        for axis in range(buffer.dimensions()):
            buffer.dim(axis).set_min(0)
    if which.apart:
        for buffer in (image, out.output_buffer()):
            buffer.dim(0).set_stride(hl.Expr())
    _schedule(which, laid, (first, window), (sums, walk), done, out)
    inputs = {"image": image, "at": at, "start": start, "motion": motion, "taps": taps,
              "answers": answers, "told": told}  # fmt: skip
    return Compiled(out, inputs)


def width_of(result: np.dtype[Any], apart: bool) -> int:
    """Return how many lines are laid out at a time."""
    return LANES if apart else max(_LEAST, _LINE // result.itemsize)


def _axes() -> tuple[Any, ...]:
    hl = require()
    return tuple(hl.Var(name) for name in ("lane", "place", "outer"))


def _laid(which: Sliding, image: Any, at: Any, value: Any) -> Any:
    """Return the lines with their borders."""
    hl = require()
    lane, place, outer = _axes()
    laid = hl.Func("laid")
    there = at[hl.clamp(place, 0, at.dim(0).extent() - 1)]
    inside = hl.unsafe_promise_clamped(hl.max(there, 0), 0, image.dim(1).extent() - 1)
    # The last strip goes on beyond the last lane; `likely` keeps the others free of that.
    within = hl.min(hl.likely(lane), image.dim(0).extent() - 1)
    found = hl.cast(type_of(which.compute), image[within, inside, outer])
    laid[lane, place, outer] = hl.select(there < 0, value, found)
    return laid


def _first(laid: Any, start: Any, window: Any) -> Any:
    """Return the sums for the first window: for each wave v, then u."""
    hl = require()
    lane, slot, outer = _axes()
    first = hl.Func("first")
    first[lane, slot, outer] = hl.f64(0)
    first[lane, slot, outer] += start[slot, window.x] * hl.f64(laid[lane, window.x, outer])
    return first


def _sums(
    which: Sliding, laid: Any, first: Any, motion: Any, taps: Any, sign: Any, walk: Any
) -> Any:
    """Return the answers, from slot 2 waves on; in the slots before them v and u come and go.

    So a line's whole history takes no more room than its answers.
    """
    hl = require()
    lane, slot, outer = _axes()
    sums = hl.Func("sums")
    sums[lane, slot, outer] = hl.undef(hl.Float(64))
    begun = hl.RDom([(0, 2 * which.waves)])
    sums[lane, begun.x, outer] = first[lane, begun.x, outer]
    step, place = walk.x, walk.y
    now = [sums[lane, n, outer] for n in range(2 * which.waves)]
    early, entry, last, late = (
        hl.f64(laid[lane, place + n, outer]) for n in (0, 1, taps, taps + 1)
    )
    edge, inner = early + sign * late, entry + sign * last
    steps = [reduce(add, now[1::2])]
    for n, (rise, total) in enumerate(zip(now[::2], now[1::2], strict=True)):
        push = motion[1, n] * edge - motion[2, n] * inner
        steps += [rise - motion[0, n] * total + push, total + rise]
    # The steps are unrolled, and each knows by its number which one it is.
    chosen = reduce(
        lambda rest, n: hl.select(step == n, steps[n], rest), range(len(steps) - 1), steps[-1]
    )
    sums[lane, hl.select(step == 0, 2 * which.waves + place, step - 1), outer] = chosen
    return sums


def _schedule(which: Sliding, laid: Any, first: Any, sums: Any, done: Any, out: Any) -> None:
    """Make a strip of lanes in cache: laid out, then 16 lanes at a time."""
    hl = require()
    (first, window), (sums, walk) = first, sums
    guard = hl.TailStrategy.GuardWithIf
    lane, place, outer = _axes()
    strip, some, inner, block, each = map(hl.Var, ("strip", "some", "inner", "block", "each"))
    width = width_of(which.result, which.apart)
    out.split(lane, strip, inner, width, guard).vectorize(inner).parallel(strip)
    if which.apart:
        # Lanes are fetched and put one by one, all outer ones by turns, which share their lines.
        out.reorder(inner, place, outer, strip)
        laid.compute_at(out, outer)
        level = (out, outer)
    else:
        out.reorder(inner, place, strip, outer).parallel(outer)
        laid.compute_at(out, strip)
        done.compute_at(out, strip).bound_extent(lane, width).split(lane, some, inner, LANES)
        done.reorder(inner, place, some).vectorize(inner)
        level = (done, some)
    laid.vectorize(lane, LANES)
    first.compute_at(*level).bound_extent(lane, LANES).vectorize(lane)
    first.update().split(place, block, each, _TOGETHER, guard)
    first.update().reorder(lane, each, window.x, block).vectorize(lane).unroll(each)
    sums.compute_at(*level).bound_extent(lane, LANES)
    sums.update(0).vectorize(lane)
    sums.update(1).reorder(lane, walk.x, walk.y).vectorize(lane).unroll(walk.x)
