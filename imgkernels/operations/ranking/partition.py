"""Ranks by numpy's partition of windows laid out: any window, any dtype, any number of axes."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.operations.ranking.task import Task
from imgkernels.values import Array

_CHUNK = 1 << 22  # values laid out at a time


def partitioned(whole: Array, task: Task) -> Array:
    """Lay out some windows at a time and partition each."""
    windows = sliding_window_view(whole, task.sizes, axis=tuple(range(len(task.sizes))))
    out: Array = np.empty(windows.shape[: whole.ndim], whole.dtype)
    sizes = [math.prod(windows.shape[n:]) for n in (1, 2)]
    rows, columns = (max(1, _CHUNK // max(1, size)) for size in sizes)
    for row in range(0, out.shape[0], rows):
        for column in range(0, out.shape[1], columns):
            block = slice(row, row + rows), slice(column, column + columns)
            values = windows[block][..., task.inside]
            out[block] = np.partition(values, task.place, axis=-1)[..., task.place]
    return out
