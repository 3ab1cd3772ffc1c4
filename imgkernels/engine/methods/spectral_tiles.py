"""Kernels of two axes in the frequency domain: overlapping tiles that stay in cache (OpenCV).

Source: Stockham, High-speed convolution and correlation, 1966.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgkernels import opencv
from imgkernels.engine.methods.lines import channel, put_channel
from imgkernels.engine.methods.method import strided
from imgkernels.engine.methods.transforms import fast_length
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats

Places = npt.NDArray[np.intp]

_CACHED = 1 << 20  # bytes of a tile from which its transform falls out of the cache ...
_SLOWER = 1.6  # ... and how much more a value costs then
_LEAST = 32  # answers that a tile has at least along an axis
_UNEVEN = 1.3  # how much more a value costs whose transform is of no power of 2, or 3 times one


class Cut(NamedTuple):
    """How one axis is cut: how many tiles, and the length of the transform of each."""

    tiles: int
    length: int


def run(problem: Problem, x: Array, dtype: np.dtype[np.floating]) -> Floats:
    """Compute `(N, H, W, C)` tile by tile, each channel by itself."""
    assert problem.kernel is not None
    cuts = cut(problem, dtype.itemsize)
    correlate = TileFilter(problem.kernel, (cuts[0].length, cuts[1].length), dtype)
    y = np.empty((x.shape[0], *problem.dense_space, x.shape[-1]), dtype)
    tile = np.empty((cuts[0].length, cuts[1].length), dtype)
    for rows, columns in itertools.product(*(_parts(problem, axis, cuts[axis]) for axis in (0, 1))):
        for n in range(x.shape[0]):
            block = _picked(_picked(x[n], rows[1], 0), columns[1], 1)
            for c in range(x.shape[-1]):
                _lay(tile, channel(block, c), rows[1], columns[1], problem.border_value)
                put_channel(correlate(tile, rows[0], columns[0]), y[n, rows[0], columns[0]], c)
    return strided(problem, y)


def cut(problem: Problem, itemsize: int) -> tuple[Cut, Cut]:
    """Choose the tiles that are the least work together."""
    choices = [
        [*_cuts(dense, taps)]
        for dense, taps in zip(problem.dense_space, problem.window, strict=True)
    ]
    best = min(itertools.product(*choices), key=lambda cuts: _work(cuts, itemsize))
    return best[0], best[1]


def values(problem: Problem, dtype: np.dtype[np.floating]) -> float:
    """Return the number of values transformed for a channel, weighed by what they cost."""
    return _work(cut(problem, dtype.itemsize), dtype.itemsize)


def _work(cuts: tuple[Cut, ...], itemsize: int) -> float:
    area = cuts[0].length * cuts[1].length
    slower = _SLOWER if area * itemsize > _CACHED else 1.0
    uneven = math.prod(1.0 if _even(along.length) else _UNEVEN for along in cuts)
    return cuts[0].tiles * cuts[1].tiles * area * slower * uneven


def _even(length: int) -> bool:
    return length & (length - 1) == 0 or (length % 3 == 0 and _even(length // 3))


def _cuts(dense: int, taps: int) -> Iterator[Cut]:
    """Yield the tiles worth a look: one for all answers, and those of quick lengths."""
    yield Cut(1, fast_length(dense + taps - 1))
    for length in (n << shift for shift in range(5, 14) for n in (2, 3)):
        if taps + _LEAST <= length < dense + taps - 1:
            yield Cut(-(-dense // (length - taps + 1)), length)


def _parts(problem: Problem, axis: int, along: Cut) -> list[tuple[slice, Places]]:
    """Return for each tile its answers, and which samples it sees; -1 is the border value."""
    dense = problem.dense_space[axis]
    every = problem.border.indices(problem.space[axis], *problem.margins[axis])
    part = -(-dense // along.tiles)
    ends = [(start, min(start + part, dense)) for start in range(0, dense, part)]
    return [(slice(a, b), every[a : b + problem.window[axis] - 1]) for a, b in ends]


def _lay(tile: Floats, samples: Array, rows: Places, columns: Places, value: float) -> None:
    """Fill a tile with samples where they are in the image, with the border value, or with 0."""
    part = tile[: rows.size, : columns.size]
    part[...] = samples
    if rows.min() < 0 or columns.min() < 0:
        part[rows < 0] = value
        part[:, columns < 0] = value
    tile[rows.size :] = 0
    tile[: rows.size, columns.size :] = 0


def _picked(x: Array, places: Places, axis: int) -> Array:
    first = int(places[0])
    if first >= 0 and (np.diff(places) == 1).all():  # a slice is no copy
        return x[(slice(None),) * axis + (slice(first, first + places.size),)]
    return np.take(x, places, axis)


class TileFilter:
    """Correlates tiles of one size with a kernel, as if each tile were a torus.

    Kernels that are their own image turned by 180 degrees have a real response, and multiplying by
    it is quicker.
    """

    def __init__(
        self, kernel: Kernel, shape: tuple[int, int], dtype: np.dtype[np.floating]
    ) -> None:
        odd = all(n % 2 for n in kernel.shape)
        self._turned = odd and bool((kernel.taps == kernel.taps[::-1, ::-1]).all())
        self._lag = tuple(n // 2 if self._turned else 0 for n in kernel.shape)
        taps = np.zeros(shape)
        taps[: kernel.shape[0], : kernel.shape[1]] = kernel.taps
        # In float64, whatever the tiles are in.
        response = opencv.require().dft(np.roll(taps, [-lag for lag in self._lag], (0, 1)))
        self._response = (_doubled(response) if self._turned else response).astype(dtype)

    def __call__(self, tile: Floats, rows: slice, columns: slice) -> Floats:
        """Correlate a tile, which is left as it is, for some rows and columns of answers."""
        cv2 = opencv.require()
        spectrum = cv2.dft(tile)
        if self._turned:
            spectrum *= self._response
        else:
            cv2.mulSpectrums(spectrum, self._response, 0, spectrum, True)
        flags = cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT
        found: Floats = cv2.dft(spectrum, spectrum, flags=flags)
        (y, x), height, width = self._lag, rows.stop - rows.start, columns.stop - columns.start
        return found[y : y + height, x : x + width]


def _doubled(packed: Floats) -> Floats:
    """Return a real response in OpenCV's layout with the real parts at the imaginary places too."""
    rows, columns = packed.shape
    edges = [0] if columns % 2 else [0, columns - 1]  # laid out along y
    packed[:, 2:-1:2] = packed[:, 1:-2:2]
    if columns % 2 and columns > 1:
        packed[:, -1] = packed[:, -2]
    for edge in edges:
        packed[2::2, edge] = packed[1 : rows - 1 : 2, edge]
    return packed
