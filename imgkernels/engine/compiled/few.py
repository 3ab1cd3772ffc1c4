"""A correlation over few taps whose answers are pooled by 2 x 2, as compiled loops.

The first layer of a network has one channel, or three: too little for products of matrices. Here
the taps of all channels stand in registers. The gradient of the weights starts from the one answer
of four that was the largest.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

from imgkernels.engine.compiled.library import Compiled, compiled_once, require
from imgkernels.engine.compiled.pooled import pooled
from imgkernels.engine.compiled.vectors import axes, floats, vectors

_SIDE = 2


@compiled_once
def forward(window: tuple[int, ...], channels: int, remembers: bool) -> Compiled:
    """Compile `image` (n, y, x, c), `weights` (tap, o) and `bias` -> pooled answers; and which."""
    hl = require()
    image, weights, bias = (
        hl.ImageParam(hl.Float(32), 4, "image"),
        floats("weights", 2),
        floats("bias", 1),
    )
    o, tx, ty, n = axes("o tx ty n")
    answers = [
        _sum(
            weights[o, tap] * image[c, _SIDE * tx + i + x, _SIDE * ty + j + y, n]
            for tap, (y, x, c) in enumerate(_taps(window, channels))
        )
        for j in range(_SIDE)
        for i in range(_SIDE)
    ]
    inputs = {"image": image, "weights": weights, "bias": bias}
    out = pooled(answers, bias, (o, tx, ty, n), remembers)
    out.reorder(tx, ty, n, o)  # the taps of one vector of answers stay where they are
    return Compiled(out, inputs)


@compiled_once
def weights_gradient(window: tuple[int, ...], channels: int) -> Compiled:
    """Compile `image`, `grad` (n, ty, tx, o) and `which` -> (tap, o), the bias last."""
    hl = require()
    image, grad = hl.ImageParam(hl.Float(32), 4, "image"), floats("grad", 4)
    which = hl.ImageParam(hl.UInt(8), 4, "which")
    o, tap, part = axes("o tap part")
    taps = [*_taps(window, channels), None]
    places = hl.RDom([(0, grad.dim(axis).extent()) for axis in (1, 2, 3)])
    tx, ty, n = places.x, places.y, places.z
    g, here = grad[o, tx, ty, n], which[o, tx, ty, n]
    there = [hl.select(here == k, g, hl.f32(0)) for k in range(_SIDE**2)]
    each = [
        _sum(
            there[_SIDE * j + i] * (image[t[2], _SIDE * tx + i + t[1], _SIDE * ty + j + t[0], n])
            if t is not None
            else there[_SIDE * j + i]
            for j in range(_SIDE)
            for i in range(_SIDE)
        )
        for t in taps
    ]
    total, out = hl.Func("total"), hl.Func("out")
    total[o, tap] = hl.f32(0)
    total[o, tap] += hl.mux(tap, each)
    out[o, tap] = total[o, tap]
    lane, whole = vectors()
    count = len(taps)
    out.bound(tap, 0, count).split(o, part, o, lane, whole).reorder(o, tap, part).vectorize(
        o
    ).unroll(tap)
    total.compute_at(out, part).bound_extent(tap, count).vectorize(o, lane).unroll(tap)
    total.update().reorder(o, tap, tx, ty, n).vectorize(o, lane).unroll(tap)
    out.output_buffer().dim(0).set_min(0)
    return Compiled(out, {"image": image, "grad": grad, "which": which})


def _taps(window: tuple[int, ...], channels: int) -> list[tuple[int, ...]]:
    return list(itertools.product(range(window[0]), range(window[1]), range(channels)))


def _sum(terms: Any) -> Any:
    return functools.reduce(lambda a, b: a + b, terms)
