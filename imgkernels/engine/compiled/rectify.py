"""Bias and ReLU in one pass, and the way back, as compiled loops over rows of channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.engine.compiled.library import Compiled, compiled_once, lanes, require
from imgkernels.engine.compiled.vectors import is_nan

_FLOAT32 = np.dtype(np.float32)
_ROWS = 512  # that a thread takes at a time


@compiled_once
def forward() -> Compiled:
    """Compile `sums` (rows, c) and `bias` (c) -> the larger of 0 and their sum; NaN stays."""
    hl = require()
    sums, bias = _rows("sums"), hl.ImageParam(hl.Float(32), 1, "bias")
    c, row = hl.Var("c"), hl.Var("row")
    bias.dim(0).set_bounds(0, sums.dim(0).extent())
    total = sums[c, row] + bias[c]
    kept = (total > 0) | is_nan(total)  # Halide takes comparisons for those of numbers
    return _compiled(hl.select(kept, total, hl.f32(0)), {"sums": sums, "bias": bias})


@compiled_once
def back() -> Compiled:
    """Compile `grad` and `answer` (rows, c) -> the gradient where the answer is above 0."""
    hl = require()
    grad, answer = _rows("grad"), _rows("answer")
    c, row = hl.Var("c"), hl.Var("row")
    passed = hl.select(answer[c, row] > 0, grad[c, row], hl.f32(0))
    return _compiled(passed, {"grad": grad, "answer": answer})


def _compiled(value: Any, inputs: dict[str, Any]) -> Compiled:
    hl = require()
    c, row, part = hl.Var("c"), hl.Var("row"), hl.Var("part")
    out, whole = hl.Func("out"), hl.TailStrategy.GuardWithIf
    out[c, row] = value
    out.split(row, part, row, _ROWS, whole).parallel(part)
    out.vectorize(c, lanes(_FLOAT32), hl.TailStrategy.RoundUp)
    out.output_buffer().dim(0).set_min(0)
    return Compiled(out, inputs)


def _rows(name: str) -> Any:
    hl = require()
    rows, lane = hl.ImageParam(hl.Float(32), 2, name), lanes(_FLOAT32)
    rows.dim(0).set_bounds(0, rows.dim(0).extent() // lane * lane)
    rows.dim(1).set_min(0)
    return rows
