"""A 3 x 3 correlation whose answers are pooled by 2 x 2, by Winograd's F(2 x 2), as compiled loops.

A tile of 2 x 2 answers is a window of the pooling: its largest, the bias and the ReLU are taken
where the tile is put together, and the way back starts from the one answer that was the largest.
Arrays of points are `(y, x, n, ty, tx, c)`.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016; the points are 0,
1, -1 and infinity.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from imgkernels.engine.compiled.library import Compiled, lanes, require

TILE, POINTS = 2, 4
_FLOAT32 = np.dtype(np.float32)

# fmt: off
WEIGH = np.array([
    [1.0,    0,   0],
    [0.5,  0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0,      0,   1],
])
SPREAD = np.array([
    [1,  0, -1,  0],
    [0,  1,  1,  0],
    [0, -1,  1,  0],
    [0,  1,  0, -1],
])
TOGETHER = np.array([
    [1,  0],
    [1,  1],
    [1, -1],
    [0, -1],
])
# fmt: on
WEIGH_ALL = np.kron(WEIGH, WEIGH).astype(np.float32)  # of both axes at once
Row = list[Any]


@functools.cache
def spread() -> Compiled:
    """Compile `image` (n, y, x, c) -> points of tiles 4 wide, 2 apart."""
    hl = require()
    image, (c, x, tx, ty, n, across, down) = floats("image", 4), axes("c x tx ty n across down")
    columns, points = hl.Func("columns"), hl.Func("points")
    column = [image[c, x, TILE * ty + k, n] for k in range(POINTS)]
    columns[c, x, down, ty, n] = hl.mux(down, _spread(column))
    row = [columns[c, TILE * tx + k, down, ty, n] for k in range(POINTS)]
    points[c, tx, ty, n, across, down] = hl.mux(across, _spread(row))
    lane, whole = vectors()
    points.bound(across, 0, POINTS).bound(down, 0, POINTS)
    points.reorder(c, across, down, tx, ty, n).unroll(across).unroll(down).vectorize(c, lane, whole)
    columns.compute_at(points, ty).reorder(c, down, x).bound_extent(down, POINTS).unroll(down)
    columns.vectorize(c, lane, whole)
    points.output_buffer().dim(0).set_min(0)
    return Compiled(points, {"image": image})


@functools.cache
def together() -> Compiled:
    """Compile points of answers and `bias` -> pooled answers after a ReLU, and which was largest.

    `which` counts the four answers of a tile row by row; 4 where the ReLU lets nothing through.
    NaN wins.
    """
    hl = require()
    points, bias, (c, tx, ty, n) = floats("points", 6), floats("bias", 1), axes("c tx ty n")
    cells = [[points[c, tx, ty, n, i, j] for i in range(POINTS)] for j in range(POINTS)]
    rows = zip(*(_together([cells[j][i] for j in range(POINTS)]) for i in range(POINTS)), strict=True)
    answers = [one for row in rows for one in _together(list(row))]
    return Compiled(pooled(answers, bias, (c, tx, ty, n)), {"points": points, "bias": bias})


@functools.cache
def back() -> Compiled:
    """Compile `grad` of pooled answers and `which` -> points: the transpose of `together`."""
    hl = require()
    grad, which = floats("grad", 4), hl.ImageParam(hl.UInt(8), 4, "which")
    _flat(which)
    c, tx, ty, n, across, down = axes("c tx ty n across down")
    points, here = hl.Func("points"), which[c, tx, ty, n]
    g = hl.select(here < 4, grad[c, tx, ty, n], hl.f32(0))
    rows = _untogether(g, (here & 2) == 0)
    cells = [one for row in rows for one in _untogether(row, (here & 1) == 0)]
    points[c, tx, ty, n, across, down] = hl.mux(down * POINTS + across, cells)
    points.bound(across, 0, POINTS).bound(down, 0, POINTS)
    points.reorder(c, across, down, tx, ty, n).unroll(across).unroll(down)
    points.vectorize(c, *vectors())
    points.output_buffer().dim(0).set_min(0)
    return Compiled(points, {"grad": grad, "which": which})


@functools.cache
def unspread() -> Compiled:
    """Compile `points` -> gradient of the image: the transpose of `spread`."""
    hl = require()
    points, (c, x, y, n, ty, across, down) = floats("points", 6), axes("c x y n ty across down")
    wide, high = points.dim(1).extent(), points.dim(2).extent()
    columns, image = hl.Func("columns"), hl.Func("image")
    columns[c, x, down, ty, n] = _overlapped(
        x, wide, lambda tx: [points[c, tx, ty, n, k, down] for k in range(POINTS)]
    )
    image[c, x, y, n] = _overlapped(
        y, high, lambda ty: [columns[c, x, k, ty, n] for k in range(POINTS)]
    )
    lane, whole = vectors()
    image.vectorize(c, lane, whole)
    columns.compute_at(image, n).reorder(c, x, down, ty, n).vectorize(c, lane, whole)
    image.output_buffer().dim(0).set_min(0)
    return Compiled(image, {"points": points})


def _spread(d: Row) -> Row:
    """Return `SPREAD @ d`."""
    return [d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]]


def _unspread(p: Row) -> Row:
    """Return `SPREAD.T @ p`."""
    return [p[0], p[1] - p[2] + p[3], p[1] + p[2] - p[0], -p[3]]


def _together(m: Row) -> Row:
    """Return `TOGETHER.T @ m`."""
    return [m[0] + m[1] + m[2], m[1] - m[2] - m[3]]


def _untogether(g: Any, first: Any) -> Row:
    """Return `TOGETHER @ (g, 0)` where `first`, else `TOGETHER @ (0, g)`."""
    hl = require()
    zero = hl.f32(0)
    return [
        hl.select(first, g, zero), g, hl.select(first, g, -g), hl.select(first, zero, -g),
    ]  # fmt: skip


def _overlapped(x: Any, tiles: Any, points: Any) -> Any:
    """Return what the two tiles that reach a place lay there."""
    hl = require()
    zero = hl.f32(0)
    last = x // TILE
    here = _unspread(points(hl.clamp(last, 0, tiles - 1)))
    before = _unspread(points(hl.clamp(last - 1, 0, tiles - 1)))
    odd = x % TILE == 1
    one = hl.select((last >= 0) & (last < tiles), hl.select(odd, here[1], here[0]), zero)
    two = hl.select((last >= 1) & (last <= tiles), hl.select(odd, before[3], before[2]), zero)
    return one + two


def pooled(answers: Row, bias: Any, place: tuple[Any, ...]) -> Any:
    """Return the largest of the answers at a place, after the ReLU, and which it is."""
    hl = require()
    c = place[0]
    best, which = answers[0], hl.u8(0)
    for number, one in enumerate(answers[1:], 1):
        better = (one > best) | hl.is_nan(one)
        which, best = hl.select(better, hl.u8(number), which), hl.select(better, one, best)
    total = best + bias[c]
    out, zero = hl.Func("pooled"), hl.f32(0)
    out[place] = (
        hl.select((total > 0) | hl.is_nan(total), total, zero),
        hl.select(total > 0, which, hl.u8(4)),
    )
    out.vectorize(c, *vectors())
    out.output_buffers()[0].dim(0).set_min(0)
    return out


def floats(name: str, axes: int) -> Any:
    hl = require()
    image = hl.ImageParam(hl.Float(32), axes, name)
    _flat(image)
    return image


def _flat(image: Any) -> None:
    """Promise that the channels are whole vectors."""
    lane = lanes(_FLOAT32)
    image.dim(0).set_bounds(0, image.dim(0).extent() // lane * lane)


def vectors() -> tuple[int, Any]:
    """Return how many channels are computed at once, and what is promised of their number."""
    return lanes(_FLOAT32), require().TailStrategy.RoundUp


def axes(names: str) -> tuple[Any, ...]:
    hl = require()
    return tuple(hl.Var(name) for name in names.split())
