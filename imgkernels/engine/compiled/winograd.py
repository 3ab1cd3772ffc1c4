"""The transforms of Winograd's short convolution, F(4 x 4, 3 x 3), as compiled loops.

4 x 4 answers of a 3 x 3 window take 36 products where the window itself takes 144. Tiles lie 4
apart; what one loop reads or writes of them is a pixel's channels side by side.

Source: Lavin and Gray, Fast algorithms for convolutional neural networks, 2016; the points are 0,
1, -1, 2, -2 and infinity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require

TILE, WINDOW = 4, 3
POINTS = TILE + WINDOW - 1
_FLOAT32 = np.dtype(np.float32)

# fmt: off
# How a window's taps, a row of input and a row of answers meet: answer = T'(W w * S d).
WEIGH = np.array([
    [ 1/4,     0,    0],
    [-1/6,  -1/6, -1/6],
    [-1/6,   1/6, -1/6],
    [1/24,  1/12,  1/6],
    [1/24, -1/12,  1/6],
    [   0,     0,    1],
])
SPREAD = np.array([
    [4,  0, -5,  0, 1, 0],
    [0, -4, -4,  1, 1, 0],
    [0,  4, -4, -1, 1, 0],
    [0, -2, -1,  2, 1, 0],
    [0,  2, -1, -2, 1, 0],
    [0,  4,  0, -5, 0, 1],
])
TOGETHER = np.array([
    [1, 0,  0, 0],
    [1, 1,  1, 1],
    [1, -1, 1, -1],
    [1, 2,  4, 8],
    [1, -2, 4, -8],
    [0, 0,  0, 1],
])
# fmt: on
WEIGH_ALL = np.kron(WEIGH, WEIGH).astype(np.float32)  # of both axes at once


def channels_at_once() -> int:
    """Return what the number of channels must be a multiple of."""
    return lanes(_FLOAT32)


@compiled_once
def spread() -> Compiled:
    """Compile input `image` -> points `(y, x, n, ty, tx, c)`, of tiles 6 wide that lie 4 apart."""
    return _spreading(_spread, POINTS)


@compiled_once
def spread_answers() -> Compiled:
    """Compile gradient of answers -> points, of tiles 4 wide: the transpose of `together`."""
    return _spreading(_untogether, TILE)


@compiled_once
def together() -> Compiled:
    """Compile points -> answers: `(n, 4 ty + y, 4 tx + x, c)` of whole tiles."""
    hl = require()
    c, x, y, n, tx, ty = (hl.Var(name) for name in ("c", "x", "y", "n", "tx", "ty"))
    across, down = hl.Var("across"), hl.Var("down")
    points = hl.ImageParam(hl.Float(32), 6, "points")
    _flat(points)
    rows, answers = hl.Func("rows"), hl.Func("answers")
    column = [points[c, tx, ty, n, across, k] for k in range(POINTS)]
    rows[c, across, down, tx, ty, n] = hl.mux(down, _together(column))
    row = [rows[c, k, y % TILE, x // TILE, y // TILE, n] for k in range(POINTS)]
    answers[c, x, y, n] = hl.mux(x % TILE, _together(row))
    lane, whole = lanes(_FLOAT32), hl.TailStrategy.RoundUp
    answers.tile(x, y, tx, ty, across, down, TILE, TILE, whole).unroll(across).unroll(down)
    answers.reorder(c, across, down, tx, ty, n).vectorize(c, lane, whole)
    rows.compute_at(answers, tx).reorder(c, down, across).vectorize(c, lane, whole)
    rows.bound_extent(across, POINTS).bound_extent(down, TILE).unroll(across).unroll(down)
    answers.output_buffer().dim(0).set_min(0)
    for axis in (1, 2):
        edge = answers.output_buffer().dim(axis)
        edge.set_bounds(0, edge.extent() // TILE * TILE)
    answers.parallel(n)
    return Compiled(answers, {"points": points})


Row = list[Any]


def _spread(d: Row) -> Row:
    """Return `SPREAD @ d` with the fewest operations."""
    a, b = d[4] - 4 * d[2], d[3] - 4 * d[1]
    c, e = d[4] - d[2], 2 * (d[3] - d[1])
    return [4 * d[0] - 5 * d[2] + d[4], a + b, a - b, c + e, c - e, 4 * d[1] - 5 * d[3] + d[5]]


def _together(m: Row) -> Row:
    """Return `TOGETHER.T @ m` with the fewest operations."""
    a, b, c, e = m[1] + m[2], m[3] + m[4], m[1] - m[2], m[3] - m[4]
    return [m[0] + a + b, c + 2 * e, a + 4 * b, c + 8 * e + m[5]]


def _untogether(y: Row) -> Row:
    """Return `TOGETHER @ y` with the fewest operations."""
    a, b, c, e = y[0] + y[2], y[1] + y[3], y[0] + 4 * y[2], 2 * y[1] + 8 * y[3]
    return [y[0], a + b, a - b, c + e, c - e, y[3]]


def _spreading(transform: Callable[[Row], Row], size: int) -> Compiled:
    """Compile a transform of tiles, of which `lead` rows and columns lie before the image."""
    hl = require()
    c, x, tx, ty, n = (hl.Var(name) for name in ("c", "x", "tx", "ty", "n"))
    across, down = hl.Var("across"), hl.Var("down")
    image, lead = hl.ImageParam(hl.Float(32), 4, "image"), hl.Param(hl.Int(32), "lead")
    top = hl.Param(hl.Int(32), "top")
    _flat(image)
    columns, points = hl.Func("columns"), hl.Func("points")
    column = [_within(image, c, x - lead, TILE * ty + k - top, n) for k in range(size)]
    columns[c, x, down, ty, n] = hl.mux(down, transform(column))
    row = [columns[c, TILE * tx + k, down, ty, n] for k in range(size)]
    points[c, tx, ty, n, across, down] = hl.mux(across, transform(row))
    lane, whole = lanes(_FLOAT32), hl.TailStrategy.RoundUp
    points.reorder(c, across, tx, down, ty, n).bound(across, 0, POINTS).bound(down, 0, POINTS)
    points.unroll(across).unroll(down).vectorize(c, lane, whole).parallel(n)
    columns.compute_at(points, ty).reorder(c, down, x).bound_extent(down, POINTS).unroll(down)
    columns.vectorize(c, lane, whole)
    points.output_buffer().dim(0).set_min(0)
    return Compiled(points, {"image": image, "lead": lead, "top": top})


def _within(image: Any, c: Any, x: Any, y: Any, n: Any) -> Any:
    """Return a pixel's channels, 0 beyond the edge."""
    hl = require()
    width, height = image.dim(1).extent(), image.dim(2).extent()
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found = image[c, hl.clamp(x, 0, width - 1), hl.clamp(y, 0, height - 1), n]
    return hl.select(inside, found, hl.f32(0))


def _flat(image: Any) -> None:
    """Promise that the channels are whole vectors."""
    lane = lanes(_FLOAT32)
    image.dim(0).set_bounds(0, image.dim(0).extent() // lane * lane)
