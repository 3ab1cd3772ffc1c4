"""A correlation with weights as matrix products, forward and backward, over the same columns.

Training asks three questions of one problem: the answer, its gradient for the weights, its gradient
for the input. Windows laid out as rows of a matrix (im2col) answer the first two, so they are kept
between them. All three are problems of their own (`engine.gradients`), any method may answer
them; this module answers them together, into buffers that are used again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from imgkernels.engine.problem import Problem
from imgkernels.values import Floats

_BLOCK = 1 << 18  # values laid out at a time: 1 MiB in float32, so that they stay in cache
_KEPT = 1 << 23  # values of columns that are kept for the way back; more are laid out twice


class Block(NamedTuple):
    """Some samples, and some rows (of the first axis in space) of their outputs."""

    samples: slice
    rows: slice


def blocks(problem: Problem) -> Iterator[Block]:
    """Cut the outputs so that the columns of a part have about `_BLOCK` values."""
    per_row = math.prod(problem.out_space[1:]) * math.prod(problem.window) * problem.channels
    per_sample = per_row * problem.out_space[0]
    whole = slice(0, problem.out_space[0])
    if per_sample <= _BLOCK:
        many = max(1, _BLOCK // max(per_sample, 1))
        for n in range(0, problem.shape[0], many):
            yield Block(slice(n, min(n + many, problem.shape[0])), whole)
        return
    rows = max(1, _BLOCK // per_row)
    for n in range(problem.shape[0]):
        for row in range(0, whole.stop, rows):
            yield Block(slice(n, n + 1), slice(row, min(row + rows, whole.stop)))


def windows(problem: Problem, x: Floats) -> Floats:
    """View the input of a valid problem as `(N, *out_space, *window, C)`, without a copy."""
    axes = range(1, problem.ndim + 1)
    steps = zip(axes, problem.stride, strict=True)
    holes = zip(axes, problem.dilation, strict=True)
    strides = (
        x.strides[0],
        *(x.strides[axis] * step for axis, step in steps),
        *(x.strides[axis] * hole for axis, hole in holes),
        x.strides[-1],
    )
    shape = (x.shape[0], *problem.out_space, *problem.window, x.shape[-1])
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


class Columns:
    """One valid problem with weights, answered again and again; it owns its buffers.

    What `forward` returns is overwritten by the next `forward`, unless `out` was given.
    """

    def __init__(self, problem: Problem) -> None:
        assert problem.kernel is None and problem.extent == "valid"
        self.problem = problem
        self._groups = problem.groups
        self._each = problem.channels // problem.groups
        self._depth = math.prod(problem.window) * self._each
        self._blocks = list(blocks(problem))
        size = math.prod((problem.shape[0], *problem.out_space)) * self._depth * self._groups
        self._keeps = size <= _KEPT
        self._kept: list[Floats] = []
        self._input: Floats | None = None
        self._buffers: dict[str, Floats] = {}

    def forward(self, x: Floats, weights: Floats, out: Floats | None = None) -> Floats:
        """Answer the problem for `x`, `(N, *space, C)`, and `(*window, C / groups, outputs)`."""
        problem = self.problem
        y = self._buffer("y", problem.out_shape) if out is None else out
        matrices = self._matrices(weights)
        self._input = x
        for number, block in enumerate(self._blocks):
            columns = self._columns(number, block)
            part = y[block.samples, block.rows]
            if self._groups == 1 and part.flags.c_contiguous:
                np.matmul(columns[0], matrices[0], out=part.reshape(-1, problem.outputs))
            else:
                product = np.matmul(columns, matrices)
                part[...] = np.moveaxis(product, 0, 1).reshape(part.shape)
        return y

    def weights_gradient(self, grad: Floats) -> Floats:
        """Return the gradient for the weights, given that for the answer of the last forward."""
        total = np.zeros((self._groups, self._depth, grad.shape[-1] // self._groups), grad.dtype)
        for number, block in enumerate(self._blocks):
            columns = self._kept[number] if self._keeps else self._columns(number, block)
            total += np.matmul(columns.swapaxes(1, 2), self._grouped(grad[block]))
        shape = (*self.problem.window, self._each, grad.shape[-1])
        return np.moveaxis(total, 0, 1).reshape(shape)

    def input_gradient(self, grad: Floats, weights: Floats) -> Floats:
        """Return the gradient for `x`: one small product per tap, added where the tap lay."""
        problem = self.problem
        dx = self._buffer("dx", problem.shape)
        dx.fill(0.0)
        rows = self._grouped(grad)
        for tap in np.ndindex(problem.window):
            matrix = self._split(weights[tap]).swapaxes(1, 2)
            part = np.moveaxis(np.matmul(rows, matrix), 0, 1)
            places = tuple(
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, d, n, s in zip(
                    tap, problem.dilation, problem.out_space, problem.stride, strict=True
                )
            )
            dx[(slice(None), *places)] += part.reshape(*grad.shape[:-1], problem.channels)
        return dx

    def _columns(self, number: int, block: Block) -> Floats:
        """Lay out one block as `(groups, rows, depth)`."""
        assert self._input is not None
        view = windows(self.problem, self._input)[block]
        lead = view.shape[: self.problem.ndim + 1]
        split = view.reshape(*view.shape[:-1], self._groups, self._each)
        name = f"columns {number}" if self._keeps else f"columns of {math.prod(lead)}"
        laid = self._buffer(name, (self._groups, math.prod(lead), self._depth))
        target = laid.reshape(self._groups, *lead, *self.problem.window, self._each)
        np.copyto(target, np.moveaxis(split, -2, 0))
        if self._keeps:
            self._kept[number:number + 1] = [laid]
        return laid

    def _grouped(self, grad: Floats) -> Floats:
        """Return `(N, *rows, outputs)` as `(groups, rows, outputs / groups)`."""
        rows = grad.reshape(-1, self._groups, grad.shape[-1] // self._groups)
        return np.moveaxis(rows, 1, 0)

    def _split(self, weights: Floats) -> Floats:
        """Return `(..., outputs)` as `(groups, ..., outputs / groups)`."""
        outputs = weights.shape[-1] // self._groups
        return np.moveaxis(weights.reshape(*weights.shape[:-1], self._groups, outputs), -2, 0)

    def _matrices(self, weights: Floats) -> Floats:
        return self._split(weights.reshape(self._depth, -1))

    def _buffer(self, name: str, shape: tuple[int, ...]) -> Floats:
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            found = self._buffers[name] = np.empty(shape, self.problem.compute)
        return found
