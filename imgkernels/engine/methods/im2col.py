"""Windows laid out as rows of a matrix, and one matrix product: fits every problem."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.engine.methods.method import extended
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

_COLUMNS = 1 << 22  # values laid out at a time: 32 MiB in float64


class Im2col:
    """The method that is always there: sums over channels, groups, strides, dilation, any axes.

    Source: Chellapilla, Puri and Simard, High performance convolutional neural networks for
    document processing, 2006.
    """

    name = "im2col"
    summary = "windows as rows of a matrix, one product (numpy)"

    def missing(self) -> str | None:
        return None

    def obstacle(self, problem: Problem) -> str | None:
        return None

    def cost(self, problem: Problem) -> float:
        outputs = math.prod(problem.out_shape) // max(problem.outputs, 1)
        laid_out = outputs * math.prod(problem.window) * problem.channels
        return (
            5e-5 + 2.5e-9 * laid_out + 0.02e-9 * laid_out * problem.outputs / max(problem.groups, 1)
        )

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        windows = _windows(problem, extended(problem, x).astype(problem.compute, copy=False))
        matrices = _matrices(problem, weights)
        out = np.empty(problem.out_shape, problem.compute)
        per_row = max(1, math.prod(windows.shape[2:]))
        rows = max(1, _COLUMNS // per_row)
        for n in range(windows.shape[0]):
            for start in range(0, windows.shape[1], rows):
                part = slice(start, start + rows)
                out[n, part] = _product(problem, windows[n, part], matrices)
        return out


def _windows(problem: Problem, whole: Floats) -> Floats:
    """Return a view `(N, *out_space, groups, C / groups, *window)`."""
    axes = tuple(range(1, problem.ndim + 1))
    spans = [(n - 1) * step + 1 for n, step in zip(problem.window, problem.dilation, strict=True)]
    view = sliding_window_view(whole, spans, axis=axes)
    pick = [slice(None), *(slice(None, None, s) for s in problem.stride), slice(None)]
    view = view[(*pick, *(slice(None, None, d) for d in problem.dilation))]
    lead, window = view.shape[: problem.ndim + 1], view.shape[problem.ndim + 2 :]
    # Splitting one axis in two is a view as well.
    return view.reshape(*lead, problem.groups, problem.channels // problem.groups, *window)


def _matrices(problem: Problem, weights: Array | None) -> Floats:
    """Return the weights as `(groups, C / groups * taps, outputs / groups)`."""
    if problem.kernel is not None:
        one = problem.kernel.taps.reshape(1, -1, 1).astype(problem.compute)
        return np.broadcast_to(one, (problem.groups, one.shape[1], 1))
    assert weights is not None
    moved = np.moveaxis(np.asarray(weights, problem.compute), -2, 0)
    flat = moved.reshape(-1, problem.outputs)
    split = flat.reshape(len(flat), problem.groups, problem.outputs // problem.groups)
    return np.ascontiguousarray(split.swapaxes(0, 1))


def _product(problem: Problem, windows: Floats, matrices: Floats) -> Floats:
    """Multiply one block `(*rows, groups, C / groups, *window)` with every group's matrix."""
    lead = windows.shape[: problem.ndim]
    columns = windows.reshape(*lead, problem.groups, -1)
    columns = np.moveaxis(columns, -2, 0).reshape(problem.groups, -1, matrices.shape[1])
    y: Floats = np.matmul(columns, matrices)
    return np.moveaxis(y, 0, 1).reshape(*lead, problem.outputs)
