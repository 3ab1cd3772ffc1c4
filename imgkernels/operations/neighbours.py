"""Looking at the pixels around each pixel one step at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from imgkernels.border import pad
from imgkernels.errors import UnsupportedImage
from imgkernels.operations.holes import weight_of
from imgkernels.operations.operation import Frame
from imgkernels.values import Array

Step = tuple[int, ...]


def surrounded(x: Array, reach: int, frame: Frame, who: str) -> Array:
    """Extend `(*space, C)` by what lies beyond its edges, `reach` pixels on every side.

    Raises `UnsupportedImage` for what is missing: comparing neighbours has no rule for it.
    """
    if weight_of(x, frame) is not None:
        raise UnsupportedImage(
            f"{who}: has no rule for values that are missing; leave out the mask, "
            "and fill NaN first, as blur does with nan ignore"
        )
    return pad(x, [(reach, reach)] * frame.ndim, frame.border, frame.border_value)


def stepped(whole: Array, reach: int, step: Sequence[int]) -> Array:
    """Return the neighbours one step away of all pixels of an image that was extended; a view."""
    space = zip(whole.shape, step, strict=False)
    return whole[tuple(slice(reach + s, n - reach + s) for n, s in space)]


def steps(reach: int, ndim: int) -> list[Step]:
    """Return the steps to every pixel of a square window, the nearest first, none before all."""
    every = itertools.product(range(-reach, reach + 1), repeat=ndim)
    return sorted(every, key=lambda step: sum(s * s for s in step))


def by_rows(whole: Array, reach: int, most: int, answer: Callable[[Array], Array]) -> Array:
    """Answer for a few rows of an extended image at a time, at most so many pixels with theirs.

    What is laid out on the way then stays small, and in cache.
    """
    rows = whole.shape[0] - 2 * reach
    block = max(1, most // max(1, math.prod(whole.shape[1:])))
    firsts = range(0, rows, block)
    return np.concatenate(
        [answer(whole[first : min(first + block, rows) + 2 * reach]) for first in firsts]
    )
