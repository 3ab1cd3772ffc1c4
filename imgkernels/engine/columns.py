"""A correlation with weights as matrix products, forward and backward, over the same columns.

Training asks three questions of one problem: the answer, its gradient for the weights, its gradient
for the input. Windows laid out as rows of a matrix (im2col) answer the first two, so they are kept
between them, in buffers that are used again. The planner's methods answer the first question alone.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np

from imgkernels.engine.compiled import library
from imgkernels.engine.problem import Problem
from imgkernels.values import Floats

_BLOCK = 1 << 19  # values laid out at a time: 2 MiB in float32, what a core can hold
_LANES = 16  # channels must fill vectors of every processor
_SHORT = 16  # values that lie together in a window; fewer are laid out tap by tap
_KEPT = 1 << 21  # values of columns that are kept for the way back; more are laid out twice


class Block(NamedTuple):
    """Some samples, and some rows (of the first axis in space) of their outputs."""

    samples: slice
    rows: slice


def blocks(problem: Problem) -> list[Block]:
    """Cut the outputs in parts of one size whose columns have about `_BLOCK` values at most."""
    per_row = math.prod(problem.out_space[1:]) * math.prod(problem.window) * problem.channels
    per_sample = per_row * problem.out_space[0]
    samples, rows = problem.shape[0], problem.out_space[0]
    whole = slice(0, rows)
    if per_sample <= _BLOCK:
        return [Block(part, whole) for part in cut(samples, -(-samples * per_sample // _BLOCK))]
    strips = cut(rows, -(-per_sample // _BLOCK))
    return [Block(slice(n, n + 1), strip) for n in range(samples) for strip in strips]


def cut(size: int, count: int) -> list[slice]:
    """Cut a range in so many parts of about one size."""
    count = max(1, min(count, size))
    edges = [size * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in itertools.pairwise(edges)]


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

    What `forward` and `input_gradient` return is overwritten by their next call.
    """

    def __init__(self, problem: Problem) -> None:
        assert problem.kernel is None and problem.extent == "valid"
        self.problem = problem
        self._groups = problem.groups
        self._each = problem.channels // problem.groups
        self._depth = math.prod(problem.window) * self._each
        self._blocks = blocks(problem)
        size = math.prod((problem.shape[0], *problem.out_space)) * self._depth * self._groups
        self._keeps = size <= _KEPT
        together = self._each * (problem.window[-1] if problem.dilation[-1] == 1 else 1)
        self._by_taps = self._groups == 1 and together < _SHORT
        self._folds = self._may_fold()
        self._kept: dict[int, Floats] = {}
        self._input: Floats | None = None
        self._buffers: dict[str, Floats] = {}

    def forward(self, x: Floats, weights: Floats) -> Floats:
        """Answer the problem for `x`, `(N, *space, C)`, and `(*window, C / groups, outputs)`."""
        y = self._buffer("y", self.problem.out_shape)
        matrices = self._split(weights.reshape(self._depth, -1))
        self._input = x
        for number, block in enumerate(self._blocks):
            part, columns = y[block], self._columns(number, block)
            if self._groups == 1:  # a block is contiguous
                np.matmul(columns[0], matrices[0], out=part.reshape(-1, part.shape[-1]))
            else:
                part[...] = np.matmul(columns, matrices).swapaxes(0, 1).reshape(part.shape)
        return y

    def weights_gradient(self, grad: Floats) -> Floats:
        """Return the gradient for the weights, given that for the answer of the last forward."""
        total: Floats | None = None
        for number, block in enumerate(self._blocks):
            columns = self._kept[number] if self._keeps else self._columns(number, block)
            part = np.matmul(columns.swapaxes(1, 2), self._grouped(grad[block]))
            total = part if total is None else np.add(total, part, out=total)
        assert total is not None
        shape = (*self.problem.window, self._each, grad.shape[-1])
        return total.swapaxes(0, 1).reshape(shape)

    def input_gradient(self, grad: Floats, weights: Floats) -> Floats:
        """Return the gradient for `x`: columns, added up where they lay."""
        dx = self._buffer("dx", self.problem.shape)
        return self._folded(dx, grad, weights) if self._folds else self._added(dx, grad, weights)

    def _folded(self, dx: Floats, grad: Floats, weights: Floats) -> Floats:
        """Fill `dx` by one product for all taps, whose columns a compiled loop adds up."""
        from imgkernels.engine.compiled.fold import fold

        matrix = weights.reshape(self._depth, -1).T
        for samples, _ in self._blocks:
            rows = grad[samples].reshape(-1, grad.shape[-1])
            columns = self._buffer(f"gradient of {len(rows)}", (len(rows), self._depth))
            np.matmul(rows, matrix, out=columns)
            size = (*grad[samples].shape[:-1], *self.problem.window, self._each)
            fold()(dx[samples], columns=columns.reshape(size))
        return dx

    def _added(self, dx: Floats, grad: Floats, weights: Floats) -> Floats:
        """Fill `dx` by one small product per tap, added where the tap lay."""
        dx.fill(0.0)
        taps = [(tap, self._turned(weights[tap])) for tap in np.ndindex(self.problem.window)]
        for block in self._blocks:
            part = grad[block]
            rows = self._grouped(part)
            size = (self._groups, rows.shape[1], self._each)
            product = self._buffer(f"product of {rows.shape[1]}", size)
            lead = (*part.shape[:-1], self._groups * self._each)
            for tap, matrix in taps:
                np.matmul(rows, matrix, out=product)
                moved = product if self._groups == 1 else product.swapaxes(0, 1)
                dx[self._places(block, tap)] += moved.reshape(lead)
        return dx

    def _may_fold(self) -> bool:
        """Tell whether the compiled loop takes the columns, those of whole samples."""
        p = self.problem
        return (
            p.ndim == 2
            and {*p.stride, *p.dilation, p.groups} == {1}
            and p.compute == np.float32
            and p.channels % _LANES == 0
            and all(block.rows == slice(0, p.out_space[0]) for block in self._blocks)
            and library.missing() is None
        )

    def _turned(self, weights: Floats) -> Floats:
        return np.ascontiguousarray(self._split(weights).swapaxes(1, 2))

    def _places(self, block: Block, tap: tuple[int, ...]) -> tuple[slice, ...]:
        """Return where a tap of the window lies in the input, for the outputs of a block."""
        p = self.problem
        outputs = (block.rows, *(slice(0, n) for n in p.out_space[1:]))
        every = zip(tap, p.dilation, outputs, p.stride, strict=True)
        found = (
            slice(t * d + n.start * s, t * d + (n.stop - 1) * s + 1, s) for t, d, n, s in every
        )
        return block.samples, *found

    def _columns(self, number: int, block: Block) -> Floats:
        """Lay out one block as `(groups, rows, depth)`."""
        assert self._input is not None
        view = windows(self.problem, self._input)[block]
        lead, depth = view.shape[: self.problem.ndim + 1], view.shape[self.problem.ndim + 1 :]
        rows = math.prod(lead)
        name = f"columns {number}" if self._keeps else f"columns of {rows}"
        if self._by_taps:
            taps = self._buffer(name, (1, self._depth, rows))
            axes = (*range(len(lead), view.ndim), *range(len(lead)))
            np.copyto(taps.reshape(*depth, *lead), view.transpose(axes))
            laid = taps.swapaxes(1, 2)
        elif self._groups == 1:
            laid = self._buffer(name, (1, rows, self._depth))
            np.copyto(laid.reshape(view.shape), view)
        else:
            laid = self._buffer(name, (self._groups, rows, self._depth))
            split = view.reshape(*view.shape[:-1], self._groups, self._each)
            np.copyto(laid.reshape(self._groups, *lead, *depth[:-1], -1), np.moveaxis(split, -2, 0))
        if self._keeps:
            self._kept[number] = laid
        return laid

    def _grouped(self, grad: Floats) -> Floats:
        """Return `(N, *rows, outputs)` as `(groups, rows, outputs / groups)`."""
        if self._groups == 1:
            return grad.reshape(1, -1, grad.shape[-1])
        return grad.reshape(-1, self._groups, grad.shape[-1] // self._groups).swapaxes(0, 1)

    def _split(self, weights: Floats) -> Floats:
        """Return `(depth, outputs)` as `(groups, depth, outputs / groups)`."""
        if self._groups == 1:
            return weights[np.newaxis]
        return weights.reshape(len(weights), self._groups, -1).swapaxes(0, 1)

    def _buffer(self, name: str, shape: tuple[int, ...]) -> Floats:
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            found = self._buffers[name] = np.empty(shape, self.problem.compute)
        return found
