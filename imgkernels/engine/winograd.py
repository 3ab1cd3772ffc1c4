"""A 3 x 3 correlation of many channels by Winograd's short convolution, forward and backward.

The transforms are compiled loops (Halide); between them stand 36 products of matrices, a quarter of
what the columns of `engine/columns.py` take. In float32 the answers are off by some 1e-6 of their
largest, a few times as much as those of the columns; so float64 is left to these.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from imgkernels.border import Border
from imgkernels.engine.columns import cut
from imgkernels.engine.compiled import library
from imgkernels.engine.problem import Problem
from imgkernels.values import Floats

_WINDOW, _TILE, _POINTS = 3, 4, 6
_TOGETHER = 192  # tiles at a time: their points stay in a core's own cache
_KEPT = 1 << 21  # values of points that are kept for the way back; more are made twice
_WORTH = 128  # tiles in all: fewer do not pay for the transforms of the weights
_LANES = 16  # channels must fill vectors of every processor

Part = tuple[slice, slice, slice]  # samples, rows of tiles, columns of tiles


def fits(problem: Problem) -> bool:
    """Tell whether a problem can be, and is better, computed like this."""
    zeros = problem.border is Border.CONSTANT and problem.border_value == 0
    return (
        (problem.extent == "valid" or zeros)
        and len(set(problem.margins)) == 1
        and problem.window == (_WINDOW, _WINDOW)
        and {*problem.stride, *problem.dilation, problem.groups} == {1}
        and problem.compute == np.float32
        and problem.channels % _LANES == problem.outputs % _LANES == 0
        and problem.shape[0] * math.prod(_tiles(problem.out_space)) >= _WORTH
        and library.missing() is None
    )


class Winograd:
    """One valid problem with weights, answered again and again; it owns its buffers.

    What `forward` and `input_gradient` return is overwritten by their next call. Infinity and NaN
    reach all of a tile of 4 x 4 answers.
    """

    def __init__(self, problem: Problem) -> None:
        from imgkernels.engine.compiled import winograd

        self.problem = problem
        self._loops = winograd
        self._kept: list[Floats] = []
        self._input: Floats | None = None
        self._buffers: dict[str, Floats] = {}

    def forward(self, x: Floats, weights: Floats) -> Floats:
        """Answer the problem for `x`, `(N, *space, C)`, and `(3, 3, C, outputs)`."""
        self._input = x
        self._kept.clear()
        keep = self._size_of_points() <= _KEPT
        return self._correlated("y", x, weights, self.problem.out_space, self._lead, keep)

    def weights_gradient(self, grad: Floats) -> Floats:
        """Return the gradient for the weights, given that for the answer of the last forward."""
        assert self._input is not None
        channels, outputs = self.problem.channels, self.problem.outputs
        product = self._buffer("product", (_POINTS**2, channels, outputs))
        total = np.zeros_like(product)
        for number, part in enumerate(_parts(grad.shape[0], _tiles(self.problem.out_space))):
            inputs = (
                self._kept[number]
                if self._kept
                else self._spread("points", self._input, part, self._lead)
            )
            answers = self._points("answers", outputs, part)
            image, _ = _rows(grad, part, 0, 0)
            self._loops.spread_answers()(answers, image=image, lead=0, top=0)
            np.matmul(_flat(inputs).swapaxes(1, 2), _flat(answers), out=product)
            total += product
        flat: Floats = self._loops.WEIGH_ALL.T @ total.reshape(len(total), -1)
        return flat.reshape(_WINDOW, _WINDOW, channels, outputs)

    def input_gradient(self, grad: Floats, weights: Floats) -> Floats:
        """Return the gradient for `x`: the full correlation with the weights turned around."""
        turned = weights[::-1, ::-1].swapaxes(2, 3)
        lead = _WINDOW - 1 - self._lead
        return self._correlated("dx", grad, turned, self.problem.space, lead, keep=False)

    @property
    def _lead(self) -> int:
        """How many rows and columns of border lie before the input."""
        return self.problem.margins[0][0]

    def _correlated(
        self, name: str, x: Floats, weights: Floats, space: tuple[int, ...], lead: int, keep: bool
    ) -> Floats:
        inputs, outputs = weights.shape[2:]
        turned = (self._loops.WEIGH_ALL @ weights.reshape(_WINDOW**2, -1)).reshape(
            _POINTS**2, inputs, outputs
        )
        tiles = _tiles(space)
        y = self._buffer(name, (len(x), *(_TILE * n for n in tiles), outputs))
        for number, part in enumerate(_parts(len(x), tiles)):
            points = self._spread(f"{name} points {number if keep else ''}", x, part, lead)
            if keep:
                self._kept.append(points)
            answers = self._points(f"{name} answers", outputs, part)
            np.matmul(_flat(points), turned.reshape(-1, inputs, outputs), out=_flat(answers))
            self._loops.together()(_rows(y, part, 0, 0)[0], points=answers)
        if y.shape[1:3] == space:
            return y
        cut = self._buffer(f"{name} cut", (len(x), *space, outputs))
        cut[...] = y[:, : space[0], : space[1]]
        return cut

    def _spread(self, name: str, x: Floats, part: Part, lead: int) -> Floats:
        points = self._points(name, x.shape[-1], part)
        image, top = _rows(x, part, lead, _WINDOW - 1)
        self._loops.spread()(points, image=image, lead=lead, top=top)
        return points

    def _points(self, name: str, channels: int, part: Part) -> Floats:
        samples, rows, columns = part
        size = (_POINTS, _POINTS, *(p.stop - p.start for p in (samples, rows, columns)), channels)
        return self._buffer(f"{name} {size[2:5]}", size)

    def _size_of_points(self) -> int:
        tiles = math.prod(_tiles(self.problem.out_space))
        return _POINTS**2 * self.problem.shape[0] * tiles * self.problem.channels

    def _buffer(self, name: str, shape: tuple[int, ...]) -> Floats:
        """Return an array that is 0 when it is new, and kept."""
        found = self._buffers.get(name)
        if found is None or found.shape != shape:
            found = self._buffers[name] = np.zeros(shape, self.problem.compute)
        return found


def _tiles(space: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-(-n // _TILE) for n in space)


def _parts(samples: int, tiles: tuple[int, ...]) -> list[Part]:
    """Cut the tiles in parts of about `_TOGETHER`: some samples, or some rows of one."""
    high, wide = tiles
    columns = slice(0, wide)
    if high * wide <= _TOGETHER:
        cuts = cut(samples, -(-samples * high * wide // _TOGETHER))
        return [(part, slice(0, high), columns) for part in cuts]
    rows = cut(high, -(-high * wide // _TOGETHER))
    return [(slice(n, n + 1), part, columns) for n, part in itertools.product(range(samples), rows)]


def _rows(x: Floats, part: Part, lead: int, more: int) -> tuple[Floats, int]:
    """Return the rows that a part's tiles lie in, and how many of theirs lie before the first."""
    samples, rows, _ = part
    first = _TILE * rows.start - lead
    return x[samples, max(0, first) : _TILE * rows.stop - lead + more], max(0, -first)


def _flat(points: Floats) -> Floats:
    """Return points as a matrix for each: `(36, tiles, channels)`."""
    return points.reshape(_POINTS**2, -1, points.shape[-1])
