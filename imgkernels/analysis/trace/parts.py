"""What one answer is made of: windows with the origin of each cell, sums, picks, curves, mixes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.kernel import Kernel
from imgkernels.operations import Frame
from imgkernels.taps import Taps
from imgkernels.values import Array

Origins = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Cells:
    """The window around a pixel: where each value comes from, and the values.

    `origins` is `(axes, *window)`, the index in the picture that the border takes the cell from,
    -1 where it is the border's own value; `outside` says which cells lie beyond the edge;
    `values` is `(*window, C)`.
    """

    origins: Origins
    outside: npt.NDArray[np.bool_]
    values: Taps


@dataclass(frozen=True)
class Sum:
    """Taps times values, added up, plus an offset: one value for each channel."""

    title: str
    kernel: Kernel
    cells: Cells
    products: Taps
    sum: Taps
    offset: float
    value: Taps


@dataclass(frozen=True)
class Pick:
    """The members of a window in order, `(members, C)`, and the place that was picked."""

    title: str
    kernel: Kernel
    cells: Cells
    ordered: Taps
    place: int
    value: Taps


@dataclass(frozen=True)
class Mapping:
    """Named values that went in, and what came out; `curve` is drawn where one value decides.

    `curve` is `(points, 2)`, what comes out beside what goes in, from black to white.
    """

    title: str
    given: tuple[tuple[str, Taps], ...]
    value: Taps
    curve: Taps | None = None


Part = Sum | Pick | Mapping


def cells_around(x: Array, at: tuple[int, ...], window: Kernel, frame: Frame) -> Cells:
    """Return the window of a picture `(*space, C)` around a pixel, under the frame's border."""
    indices, beyond = [], []
    for place, anchor, taps, size in zip(at, window.anchor, window.shape, x.shape, strict=False):
        around = np.arange(place - anchor, place - anchor + taps)
        before, after = max(0, -int(around[0])), max(0, int(around[-1]) - size + 1)
        indices.append(frame.border.indices(size, before, after)[around + before])
        beyond.append((around < 0) | (around >= size))
    origins = np.stack(np.meshgrid(*indices, indexing="ij"))
    outside = np.logical_or.reduce(np.meshgrid(*beyond, indexing="ij"))
    values = x[tuple(origins)].astype(np.float64)
    values[(origins < 0).any(axis=0)] = frame.border_value
    return Cells(origins, outside, values)


def summed(
    title: str, x: Array, at: tuple[int, ...], kernel: Kernel, frame: Frame, offset: float = 0.0
) -> Sum:
    """Take one answer of a correlation apart; `offset` in values of the picture."""
    cells = cells_around(x, at, kernel, frame)
    products = cells.values * kernel.taps[..., np.newaxis]
    total = products.reshape(-1, x.shape[-1]).sum(axis=0)
    return Sum(title, kernel, cells, products, total, offset, total + offset)


def picked(
    title: str, x: Array, at: tuple[int, ...], window: Kernel, rank: int, frame: Frame
) -> Pick:
    """Take one answer of a rank filter apart; NaN sorts last and wins."""
    cells = cells_around(x, at, window, frame)
    ordered = np.sort(cells.values[window.taps != 0], axis=0)
    hidden = np.isnan(ordered[-1])
    value = np.where(hidden, np.nan, ordered[rank])
    return Pick(title, window, cells, ordered, rank, value)
