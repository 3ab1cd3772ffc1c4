"""A 3 x 3 correlation whose answers are pooled by 2 x 2, by Winograd's F(2 x 2), as compiled loops.

A tile of 2 x 2 answers is a window of the pooling: its largest, the bias and the ReLU are taken
where the tile is put together, and the way back starts from the one answer that was the largest.
Arrays of points are `(y, x, n, ty, tx, c)`.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016; the points are 0,
1, -1 and infinity.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.engine.compiled.library import Compiled, compiled_once, require
from imgkernels.engine.compiled.vectors import axes, flat, floats, is_nan, vectors

TILE, POINTS = 2, 4

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
Row = Sequence[Any]


@compiled_once
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


@compiled_once
def together(remembers: bool) -> Compiled:
    """Compile points of answers and `bias` -> pooled answers after a ReLU; and which was largest.

    The second output, where it `remembers`, counts the four answers of a tile row by row; it is 4
    where the ReLU lets nothing through. NaN wins.
    """
    points, bias, (c, tx, ty, n) = floats("points", 6), floats("bias", 1), axes("c tx ty n")
    cells = _grid(points, (c, tx, ty, n))
    rows = zip(*(_together(column) for column in zip(*cells, strict=True)), strict=True)
    answers = [one for row in rows for one in _together(row)]
    out = pooled(answers, bias, (c, tx, ty, n), remembers)
    return Compiled(out, {"points": points, "bias": bias})


@compiled_once
def back() -> Compiled:
    """Compile `grad` of pooled answers and `which` -> points: the transpose of `together`."""
    hl = require()
    grad, which = floats("grad", 4), hl.ImageParam(hl.UInt(8), 4, "which")
    flat(which)
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


@compiled_once
def unspread() -> Compiled:
    """Compile `points` -> gradient of the image: the transpose of `spread`.

    Rows and columns that no tile reaches are 0.
    """
    hl = require()
    points, (c, x, y, n) = floats("points", 6), axes("c x y n")
    image, (wide, high) = hl.Func("image"), (points.dim(axis).extent() for axis in (1, 2))
    every = hl.RDom([(0, POINTS), (0, POINTS), (0, wide), (0, high)])
    i, j, tx, ty = (every[axis] for axis in range(4))
    cells = _grid(points, (c, tx, ty, n))
    rows = zip(*(_unspread(column) for column in zip(*cells, strict=True)), strict=True)
    values = [one for row in rows for one in _unspread(row)]
    image[c, x, y, n] = hl.f32(0)
    image[c, TILE * tx + i, TILE * ty + j, n] += hl.mux(j * POINTS + i, values)
    image.vectorize(c, *vectors())
    image.update().vectorize(c, *vectors()).reorder(i, j, c, tx, ty, n).unroll(i).unroll(j)
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


def _grid(points: Any, place: tuple[Any, ...]) -> list[Row]:
    """Return the points of a tile, row by row."""
    return [[points[(*place, i, j)] for i in range(POINTS)] for j in range(POINTS)]


def pooled(answers: Row, bias: Any, place: tuple[Any, ...], remembers: bool) -> Any:
    """Return the largest of four answers at a place, after the ReLU, and which it is if asked."""
    hl = require()
    out, zero = hl.Func("pooled"), hl.f32(0)
    right, low_right = answers[1] > answers[0], answers[3] > answers[2]
    high = hl.select(right, answers[1], answers[0])
    low = hl.select(low_right, answers[3], answers[2])
    lower = low > high
    missing = functools.reduce(operator.or_, (is_nan(one) for one in answers))
    total = hl.select(missing, hl.f32(math.nan), hl.select(lower, low, high)) + bias[place[0]]
    value = hl.select((total > 0) | is_nan(total), total, zero)
    which = hl.select(
        lower, hl.select(low_right, hl.u8(3), hl.u8(2)), hl.select(right, hl.u8(1), hl.u8(0))
    )
    out[place] = (value, hl.select(total > 0, which, hl.u8(4))) if remembers else value
    out.vectorize(place[0], *vectors())
    out.output_buffers()[0].dim(0).set_min(0)
    return out
