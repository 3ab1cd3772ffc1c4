"""Looking at the pixels around each pixel one step at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from imgkernels.border import pad
from imgkernels.operations.holes import present, weight_of
from imgkernels.operations.operation import Frame
from imgkernels.values import Array, Floats, room_for

Step = tuple[int, ...]


def surrounded(x: Array, reach: Step, frame: Frame) -> tuple[Array, Floats | None]:
    """Extend `(*space, C)` by what lies beyond its edges, `reach` pixels along each axis.

    With it comes how much each colour counts, `(*space, 1)`, or None where all count in full. A
    colour counts as little as the least of its channels: half a colour is none.
    """
    margins = [(n, n) for n in reach]
    weight = weight_of(x, frame)
    if weight is None:
        whole = room_for(x, frame.border_value)
        return pad(whole, margins, frame.border, frame.border_value), None
    weight = weight.min(axis=-1, keepdims=True)
    whole = pad(present(x, weight), margins, frame.border, frame.border_value)
    return whole, pad(weight, margins, frame.border, 1.0)


def stepped(whole: Array, reach: Step, step: Sequence[int]) -> Array:
    """Return the neighbours one step away of all pixels of an image that was extended; a view."""
    space = zip(whole.shape, reach, step, strict=False)
    return whole[tuple(slice(r + s, n - r + s) for n, r, s in space)]


def steps(reach: Step, sides: Sequence[float]) -> list[Step]:
    """Return the steps to every pixel of a window, the nearest first, none before all.

    `sides` are those of a pixel.
    """
    every = itertools.product(*(range(-n, n + 1) for n in reach))
    return sorted(every, key=lambda step: squared(step, sides))


def squared(step: Step, sides: Sequence[float]) -> float:
    """Return the square of a step's length."""
    return sum((s * side) ** 2 for s, side in zip(step, sides, strict=True))


def by_rows(
    shape: Sequence[int], reach: Step, most: int, answer: Callable[[slice], Array]
) -> Array:
    """Answer for a few rows of an extended image at a time, at most so many pixels with theirs.

    What is laid out on the way then stays small, and in cache.
    """
    rows = shape[0] - 2 * reach[0]
    block = max(1, most // max(1, math.prod(shape[1:])))
    ends = [(first, min(first + block, rows)) for first in range(0, rows, block)]
    return np.concatenate([answer(slice(first, end + 2 * reach[0])) for first, end in ends])
