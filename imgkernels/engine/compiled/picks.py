"""Programs of minima and maxima, as data, and one compiled loop for each dtype that runs them all.

A program is read step by step for some hundred values side by side, so one compile serves every
window and every place in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.engine.compiled import library
from imgkernels.engine.compiled.library import (
    START,
    Compiled,
    compiled_once,
    lanes,
    require,
    type_of,
)
from imgkernels.engine.compiled.paying import paid
from imgkernels.values import Array

Numbers = npt.NDArray[np.int32]

VECTORS = 4  # of each value at a time: what is read of the program serves them all


@dataclass(frozen=True, eq=False)
class Program:
    """What is done to values side by side, kept in numbered slots.

    Slot i is first filled from a place `leaves[i]`. Then each of `steps`, (low, high, one, other),
    reads two slots and writes their minimum and their maximum; what nobody asks for goes into the
    last slot, which holds nothing. `answers` are the slots that hold the answers at the end.
    """

    leaves: tuple[tuple[int, ...], ...]
    steps: Numbers
    answers: Numbers
    slots: int


def pays(dtype: np.dtype[Any], saved: float, repeat: int = 1) -> bool:
    """Tell whether the loop of a dtype pays for being compiled, saving so much `repeat` times."""
    ready = library.missing() is None and saved > 0
    return ready and paid(("picks", dtype), saved, START, repeat) and library.loads()


def block(dtype: np.dtype[Any]) -> int:
    """Return how many values of a dtype the loop takes side by side."""
    return VECTORS * lanes(dtype)


def run(program: Program, planes: Array, reads: Numbers, length: int) -> Array:
    """Return the answers, `(answers, length)`, for values in planes, `(planes, n)`.

    `reads` tells for each leaf its plane and how much further on it is read there. The planes
    hold what is read for `length` answers, and for a `block` more.
    """
    whole = -(-length // block(planes.dtype)) * block(planes.dtype)
    if whole + int(reads[:, 1].max()) > planes.shape[1]:
        raise ValueError("picks: the planes end before the last block does")
    out = np.empty((len(program.answers), whole), planes.dtype)
    loop(planes.dtype)(
        out, planes=planes, reads=reads, steps=program.steps, answers=program.answers,
        slots=program.slots,
    )  # fmt: skip
    return out[:, :length]


@compiled_once
def loop(dtype: np.dtype[Any]) -> Compiled:
    """Compile `planes` (lane, plane), `reads`, `steps`, `answers`, `slots` -> (lane, answer)."""
    hl = require()
    kind, promised = type_of(dtype), hl.unsafe_promise_clamped
    planes, slots = hl.ImageParam(kind, 2, "planes"), hl.Param(hl.Int(32), "slots")
    reads, steps, answers = (
        hl.ImageParam(hl.Int(32), n, name)
        for n, name in ((2, "reads"), (2, "steps"), (1, "answers"))
    )
    for param, size in ((reads, 2), (steps, 4)):
        param.dim(0).set_bounds(0, size)
        param.dim(1).set_min(0).set_stride(size)
    x, n, outer, inner, vector = (hl.Var(name) for name in ("x", "n", "outer", "inner", "vector"))

    held = hl.Func("held")
    held[x, n] = hl.undef(kind)
    leaf = hl.RDom([(0, reads.dim(1).extent())], "leaf")
    # `run` sees to it that all that is read is there: promises, no clamps.
    at = promised(x + reads[1, leaf.x], 0, planes.dim(0).extent() - 1)
    plane = promised(reads[0, leaf.x], 0, planes.dim(1).extent() - 1)
    held[x, promised(leaf.x, 0, slots - 1)] = planes[at, plane]
    step = hl.RDom([(0, steps.dim(1).extent())], "step")
    low, high, one, other = (promised(steps[i, step.x], 0, slots - 1) for i in range(4))
    a, b = held[x, one], held[x, other]
    held[x, hl.scatter([low, high])] = hl.gather([hl.min(a, b), hl.max(a, b)])
    out = hl.Func("out")
    out[x, n] = held[x, promised(answers[n], 0, slots - 1)]

    lane, whole = lanes(dtype), hl.TailStrategy.RoundUp
    wide = block(dtype)
    out.split(x, outer, inner, wide, whole).reorder(inner, n, outer)
    out.vectorize(inner, lane, whole).parallel(outer).never_partition_all()
    held.compute_at(out, outer).bound_extent(x, wide).never_partition_all()
    held.update(0).reorder(x, leaf.x).vectorize(x, lane, whole)
    picks = held.update(1).split(x, x, vector, lane, whole)
    picks.vectorize(vector).unroll(x).reorder(vector, x, step.x)
    for buffer in (planes, answers, out.output_buffer()):
        for axis in range(buffer.dimensions()):
            buffer.dim(axis).set_min(0)
    inputs = {"planes": planes, "reads": reads, "steps": steps, "answers": answers, "slots": slots}
    return Compiled(out, inputs)
