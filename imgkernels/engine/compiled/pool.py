"""Maxima of disjoint windows of 2 x 2, and the way back, as compiled loops.

A pixel's channels lie side by side; they are whole vectors.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require
from imgkernels.engine.compiled.vectors import is_nan

_FLOAT32 = np.dtype(np.float32)
_SIDE = 2


@compiled_once
def largest() -> Compiled:
    """Compile `image` (n, y, x, c) -> the largest of each window; NaN wins."""
    hl = require()
    image, (c, x, y, n) = _image("image"), _axes()
    cells = [image[c, _SIDE * x + i, _SIDE * y + j, n] for j in range(_SIDE) for i in range(_SIDE)]
    out = hl.Func("largest")
    out[c, x, y, n] = functools.reduce(_larger, cells)
    out.vectorize(c, lanes(_FLOAT32), hl.TailStrategy.RoundUp).parallel(n)
    out.output_buffer().dim(0).set_min(0)
    return Compiled(out, {"image": image})


@compiled_once
def back() -> Compiled:
    """Compile `grad` of the maxima, `image` and `most` (the maxima) -> gradient of the image.

    It goes to the first of a window that is the largest, or the last where none is (NaN).
    """
    hl = require()
    image, most, grad = _image("image"), _image("most"), _image("grad")
    (c, x, y, n), (left, top, i, j) = _axes(), (hl.Var(name) for name in ("l", "t", "i", "j"))
    width, height = (most.dim(axis).extent() for axis in (1, 2))
    column, row = hl.min(x // _SIDE, width - 1), hl.min(y // _SIDE, height - 1)
    largest = most[c, column, row, n]
    here = [
        image[c, _SIDE * column + i, _SIDE * row + j, n] == largest
        for j in range(_SIDE)
        for i in range(_SIDE)
    ]
    wins = [
        here[0],
        ~here[0] & here[1],
        ~(here[0] | here[1]) & here[2],
        ~(here[0] | here[1] | here[2]),
    ]
    won = hl.mux(
        y % _SIDE * _SIDE + x % _SIDE,
        [hl.select(w, grad[c, column, row, n], hl.f32(0)) for w in wins],
    )
    out = hl.Func("back")
    out[c, x, y, n] = hl.select((x < _SIDE * width) & (y < _SIDE * height), won, hl.f32(0))
    out.tile(x, y, left, top, i, j, _SIDE, _SIDE, hl.TailStrategy.GuardWithIf)
    out.reorder(c, i, j, left, top, n).unroll(i).unroll(j)
    out.vectorize(c, lanes(_FLOAT32), hl.TailStrategy.RoundUp).parallel(n)
    out.output_buffer().dim(0).set_min(0)
    return Compiled(out, {"image": image, "most": most, "grad": grad})


def _larger(one: Any, other: Any) -> Any:
    hl = require()
    return hl.select((other > one) | is_nan(other), other, one)


def _image(name: str) -> Any:
    hl = require()
    image, lane = hl.ImageParam(hl.Float(32), 4, name), lanes(_FLOAT32)
    image.dim(0).set_bounds(0, image.dim(0).extent() // lane * lane)
    for axis in (1, 2, 3):
        image.dim(axis).set_min(0)
    return image


def _axes() -> tuple[Any, ...]:
    hl = require()
    return tuple(hl.Var(name) for name in "cxyn")
