"""A problem of the engine given to a compiled loop, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.border import Border, pad
from imgkernels.engine.compiled.bordered import given
from imgkernels.engine.compiled.library import MOST_BYTES, Compiled
from imgkernels.engine.methods.method import one_kernel, samples
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, room_for

SOURCES = ("uint8", "uint16", "int16", "float32")  # what loops read; others are made float32
_FLOAT32 = np.dtype(np.float32)


def obstacle(problem: Problem) -> str | None:
    """Say why no compiled loop can take a problem."""
    if problem.compute != _FLOAT32:
        return f"computes in float32; this needs {problem.compute.name}"
    if max(samples(problem), int(np.prod(problem.shape))) * 4 > MOST_BYTES:
        return "takes 2 GiB at most"
    return one_kernel(problem)


def readable(problem: Problem, x: Array) -> Array:
    """Return the input as loops read it; refuse a border value that no float32 holds."""
    room_for(x[:0], problem.border_value)
    x = x if x.dtype.name in SOURCES else x.astype(np.float32)
    return np.require(x, requirements=["C", "A"])


def laid(problem: Problem, x: Array) -> tuple[Array, list[tuple[int, int]]]:
    """Return volumes with a border of a value around planes and rows, and the margins left."""
    margins = list(problem.margins)
    if problem.border is not Border.CONSTANT:
        return x, margins
    widths = [(0, 0), *margins[:2]]
    roomy = room_for(x, problem.border_value)
    return pad(roomy, widths, problem.border, problem.border_value), [(0, 0), (0, 0), margins[2]]


def room(problem: Problem, x: Array, result: np.dtype[Any], answer: Array | None) -> Array:
    """Return where the dense answer for `(N, *space, C)` goes: `answer`, or a new array."""
    shape = (x.shape[0], *problem.dense_space, x.shape[-1])
    return np.empty(shape, result) if answer is None else answer.reshape(shape)


def stacks(problem: Problem, x: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return input and output as pairs of `(z, y, x, channels)`; a batch of planes is one."""
    if problem.ndim == 3:
        return list(zip(x, y, strict=True))
    lead = (1,) * (2 - problem.ndim)
    return [(x.reshape(*lead, *x.shape), y.reshape(*lead, *y.shape))]


def slide(
    loop: Compiled,
    problem: Problem,
    image: Array,
    answer: Array,
    weights: dict[str, Any],
    margins: Sequence[tuple[int, int]] | None = None,
) -> None:
    """Fill the dense answer `(z, y, x, channels)` for an image; the loop takes the weights too.

    Rows and planes that a dilated window does not bring together are images of their own.
    `margins` are those of the problem, unless some of them are laid around the image already.
    """
    lead = 3 - problem.ndim
    margins = [(0, 0)] * lead + list(problem.margins if margins is None else margins)
    inputs = given(image, margins, problem.border, problem.border_value) | weights
    planes, rows, columns = *(1,) * lead, *problem.holes
    inputs["step"] *= columns
    flat = answer.reshape(*answer.shape[:2], -1)
    for plane, row in np.ndindex(min(planes, flat.shape[0]), min(rows, flat.shape[1])):
        places = {
            "at_z": np.ascontiguousarray(inputs["at_z"][plane::planes]),
            "at_y": np.ascontiguousarray(inputs["at_y"][row::rows]),
        }
        loop(flat[plane::planes, row::rows], **(inputs | places))
