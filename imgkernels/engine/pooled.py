"""A correlation, its bias, a ReLU and maxima of 2 x 2 as one, with all gradients.

Only what the pooling reads is computed, and the map between is never written. There are two ways:
Winograd's F(2 x 2, 3 x 3), whose tile is a window of the pooling, and plain sums over few taps.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from imgkernels.engine.columns import cut
from imgkernels.engine.compiled import library
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

_SIDE = 2
_LANES = 16  # channels must fill vectors of every processor
_TOGETHER = 200  # tiles at a time: their points stay in a core's own cache
_PRODUCTS = 1 << 14  # of channels and outputs: for more the larger tiles of `Winograd` are quicker
_REGISTERS = 27  # taps that stand in registers, of 32


class Pooled(ABC):
    """One valid problem with weights and bias, answered again and again; it owns its buffers.

    What `forward` and `backward` return is overwritten by their next call. Ties go to the first of
    a window, before the bias is added; NaN wins, and lets no gradient through.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._buffers: dict[str, Floats] = {}
        self._space = _pooled_space(problem)
        shape = (problem.shape[0], *self._space, problem.outputs)
        self._which, self._y = np.empty(shape, np.uint8), np.empty(shape, np.float32)
        self._input: Floats | None = None

    @abstractmethod
    def forward(self, x: Floats, weights: Floats, bias: Floats, *, remembers: bool) -> Floats:
        """Answer for `(N, y, x, C)` and `(y, x, C, outputs)`: `(N, y, x, outputs)`, pooled.

        What `backward` needs is kept only where it `remembers`.
        """

    @abstractmethod
    def backward(
        self, grad: Floats, weights: Floats, *, wants_input: bool
    ) -> tuple[Floats, Floats, Floats | None]:
        """Return the gradients for weights, bias and, where wanted, input, given the answer's."""

    def _answers(self, remembers: bool) -> list[Array]:
        return [self._y, self._which] if remembers else [self._y]

    def _buffer(self, name: str, *shape: int) -> Floats:
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            found = self._buffers[name] = np.empty(shape, np.float32)
        return found


class FewTaps(Pooled):
    """Sums over taps that stand in registers: the first layer of a network."""

    def forward(self, x: Floats, weights: Floats, bias: Floats, *, remembers: bool) -> Floats:
        """Answer by one loop."""
        from imgkernels.engine.compiled import few

        self._input = x
        loop = few.forward(self.problem.window, self.problem.channels, remembers)
        flat = np.ascontiguousarray(weights.reshape(-1, self.problem.outputs))
        loop(*self._answers(remembers), image=x, weights=flat, bias=bias)
        return self._y

    def backward(
        self, grad: Floats, weights: Floats, *, wants_input: bool
    ) -> tuple[Floats, Floats, Floats | None]:
        """Return the gradients for weights and bias by one loop; there is none for the input."""
        from imgkernels.engine.compiled import few

        assert self._input is not None and not wants_input
        p = self.problem
        found = self._buffer("found", math.prod(p.window) * p.channels + 1, p.outputs)
        loop = few.weights_gradient(p.window, p.channels)
        loop(found, image=self._input, grad=grad, which=self._which)
        return found[:-1].reshape(*p.window, p.channels, p.outputs), found[-1], None


class PooledWinograd(Pooled):
    """Winograd's F(2 x 2, 3 x 3): 16 products of matrices for 36, as many for each gradient."""

    def __init__(self, problem: Problem) -> None:
        from imgkernels.engine.compiled import pooled

        super().__init__(problem)
        self._loops = pooled
        tiles = problem.shape[0] * math.prod(self._space)
        self._parts = cut(problem.shape[0], -(-tiles // _TOGETHER))

    def forward(self, x: Floats, weights: Floats, bias: Floats, *, remembers: bool) -> Floats:
        """Answer some samples after the other: points, products, and their tiles together."""
        matrices = self._matrices(weights)
        self._input = x
        together, outs = self._loops.together(remembers), self._answers(remembers)
        for part in self._parts:
            points = self._points("in", self.problem.channels, part)
            self._loops.spread()(points, image=x[part])
            answers = self._points("out", self.problem.outputs, part)
            np.matmul(_flat(points), matrices, out=_flat(answers))
            together(*(out[part] for out in outs), points=answers, bias=bias)
        return self._y

    def backward(
        self, grad: Floats, weights: Floats, *, wants_input: bool
    ) -> tuple[Floats, Floats, Floats | None]:
        """Return all gradients, from the points of the answer's."""
        assert self._input is not None
        p, bias = self.problem, np.zeros(self.problem.outputs, np.float32)
        turned = np.ascontiguousarray(self._matrices(weights).swapaxes(1, 2))
        total = self._buffer("total", len(turned), p.channels, p.outputs)
        dx = self._buffer("dx", *p.shape) if wants_input else None
        for number, part in enumerate(self._parts):
            answers = self._points("out", p.outputs, part)
            self._loops.back()(answers, grad=grad[part], which=self._which[part])
            bias += _sum_of_answers(answers)
            points = self._points("in", p.channels, part)
            self._loops.spread()(points, image=self._input[part])
            product = self._buffer("product", *total.shape) if number else total
            np.matmul(_flat(points).swapaxes(1, 2), _flat(answers), out=product)
            if number:
                total += product
            if dx is not None:
                np.matmul(_flat(answers), turned, out=_flat(points))
                self._loops.unspread()(dx[part], points=points)
        flat: Floats = self._loops.WEIGH_ALL.T @ total.reshape(len(total), -1)
        return flat.reshape(*p.window, p.channels, p.outputs), bias, dx

    def _matrices(self, weights: Floats) -> Floats:
        """Return the weights of each point, `(16, channels, outputs)`."""
        transform = self._loops.WEIGH_ALL
        flat: Floats = transform @ weights.reshape(math.prod(self.problem.window), -1)
        return flat.reshape(len(transform), *weights.shape[2:])

    def _points(self, name: str, channels: int, part: slice) -> Floats:
        """Return an array for the points of some samples; the next part uses it again."""
        samples, side = part.stop - part.start, self._loops.POINTS
        return self._buffer(f"{name} {samples}", side, side, samples, *self._space, channels)


def pooled(problem: Problem, input_gradient: bool) -> Pooled | None:
    """Return the quickest way for a valid problem, None where its layers go one by one.

    `input_gradient` tells whether that will be asked for.
    """
    if not _fits(problem):
        return None
    if math.prod(problem.window) * problem.channels <= _REGISTERS and not input_gradient:
        return FewTaps(problem)
    return PooledWinograd(problem) if _in_tiles(problem) else None


def _fits(problem: Problem) -> bool:
    return (
        problem.ndim == 2
        and {*problem.stride, *problem.dilation, problem.groups} == {1}
        and problem.compute == np.float32
        and problem.outputs % _LANES == 0
        and not problem.empty
        and min(problem.out_space) >= _SIDE
        and library.missing() is None
    )


def _in_tiles(problem: Problem) -> bool:
    return (
        problem.window == (3, 3)
        and problem.channels % _LANES == 0
        and problem.channels * problem.outputs <= _PRODUCTS
        and math.prod(_pooled_space(problem)) <= _TOGETHER
    )


def _pooled_space(problem: Problem) -> tuple[int, ...]:
    return tuple(n // _SIDE for n in problem.out_space)


def _flat(points: Floats) -> Floats:
    """Return points as a matrix for each: `(16, tiles, channels)`."""
    return points.reshape(points.shape[0] ** 2, -1, points.shape[-1])


def _sum_of_answers(points: Floats) -> Floats:
    """Return what a bias adds up: the point 1, 1 of a tile holds the sum of its answers."""
    rows = points[1, 1].reshape(-1, points.shape[-1])
    total: Floats = np.ones(len(rows), np.float32) @ rows
    return total
