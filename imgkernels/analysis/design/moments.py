"""All that least squares needs to know of two pictures: the second moments of their windows.

For every window inside the picture the row `(taps under the window, 1, the answer)` is multiplied
with itself and added up. A block of that matrix depends on how many rows its two taps lie apart,
and on where they lie only by the first and last rows of the picture; so one product per row and
distance serves all of them, and 15 x 15 taps cost 15 times less than windows laid out one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from imgkernels.taps import Taps
from imgkernels.values import Array

Mask = npt.NDArray[np.bool_]

_COLUMNS = 4096  # windows of a row that are laid out at a time
_CELLS = 1 << 21  # numbers laid out at a time where windows are taken one by one
_DENSE = 2.5e11  # products that windows taken one by one may cost; what is more is thinned


@dataclass(frozen=True)
class Reference:
    """What is taken off both pictures before products are formed, so that few digits are lost."""

    before: float
    after: float


@dataclass(frozen=True)
class Moments:
    """The sum of `row.T @ row` over windows; a row is the window's taps, 1, and the answer.

    Values are counted from the reference. Integer pictures give exact sums below 2**53.
    """

    window: tuple[int, ...]
    count: int
    matrix: Taps
    reference: Reference

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.window, self.count + other.count, self.matrix + other.matrix, self.reference
        )

    def __sub__(self, other: Moments) -> Moments:
        return Moments(
            self.window, self.count - other.count, self.matrix - other.matrix, self.reference
        )


def gathered(
    before: Array, after: Array, window: tuple[int, ...], reference: Reference, used: Mask | None
) -> Moments:
    """Return the moments of two planes over the windows that are used; None uses all.

    `after` and `used` have one value for each window: the picture's shape less `window - 1`.
    Where many windows are left out, those that are used may be thinned evenly.
    """
    if before.ndim == 3:
        return _one_by_one(before, after, window, reference, used)
    if used is None:
        return _by_rows(before, after, window, reference)
    left_out = used.size - np.count_nonzero(used)
    if left_out <= _affordable(window) and left_out <= used.size // 2:
        whole = _by_rows(before, after, window, reference)
        return whole - _one_by_one(before, after, window, reference, ~used)
    return _one_by_one(before, after, window, reference, used)


def _affordable(window: tuple[int, ...]) -> int:
    return int(_DENSE / (math.prod(window) + 2) ** 2)


def _by_rows(before: Array, after: Array, window: tuple[int, ...], reference: Reference) -> Moments:
    x, y = np.atleast_2d(before), np.atleast_2d(after)
    size = (window[0] if len(window) == 2 else 1, window[-1])
    turned = x.shape[0] > x.shape[1]  # long rows are quicker than many
    if turned:
        x, y, size = x.T, y.T, size[::-1]
    rows, columns = size
    total = np.zeros((rows * columns + 2,) * 2)
    for start in range(0, y.shape[1], _COLUMNS):
        width = min(_COLUMNS, y.shape[1] - start)
        strip = x[:, start : start + width + columns - 1], y[:, start : start + width]
        total += _strip(*strip, size, reference)
    if turned:
        order = np.arange(rows * columns).reshape(size).T.ravel()
        order = np.append(order, [order.size, order.size + 1])
        total = total[np.ix_(order, order)]
    return Moments(window, y.size, total, reference)


def _strip(x: Array, y: Array, size: tuple[int, int], reference: Reference) -> Taps:
    """Return the matrix of one strip of columns, as many rows at a time as the window has.

    Products of a block with itself and with the block above it hold all pairs of rows that a
    window can meet. Inside the picture they are added up whole and taken apart at the end.
    """
    rows, columns = size
    height, taps = y.shape[0], rows * columns
    gram, sums = np.zeros((rows, columns, rows, columns)), np.zeros(size)
    total_own, total_above = np.zeros((taps + rows,) * 2), np.zeros((taps + rows,) * 2)
    above = np.zeros((taps + rows, y.shape[1]))
    for start in range(0, x.shape[0], rows):
        block = _block(x, y, start, size, reference)
        own, with_above = block @ block.T, block @ above.T
        above = block
        if start < rows - 1 or start + rows > height:
            _place(own, with_above, block, (start, height), gram, sums)
            own[:taps, :taps] = with_above[:taps, :taps] = 0.0
        else:
            sums += block[:taps].sum(axis=1).reshape(size).sum(axis=0)
        total_own += own
        total_above += with_above
    cross = np.zeros(size)
    for apart in range(rows):
        between = _pairs(total_own, total_above, size, apart)
        for lower in range(apart, rows):
            gram[lower - apart, :, lower] += between[:columns]
        cross[apart] = between[columns]
    return _assembled(gram, cross, sums, y.astype(np.float64) - reference.after)


def _block(x: Array, y: Array, start: int, size: tuple[int, int], reference: Reference) -> Taps:
    """Return the rows from `start` as each column of taps sees them, and below them the answers."""
    rows, columns = size
    width = y.shape[1]
    block = np.zeros((rows * columns + rows, width))
    seen = x[start : start + rows].astype(np.float64) - reference.before
    answers = y[start : start + rows].astype(np.float64) - reference.after
    shifted = block[: rows * columns].reshape(rows, columns, width)
    for column in range(columns):
        shifted[: len(seen), column] = seen[:, column : column + width]
    block[rows * columns :][: len(answers)] = answers
    return block


def _place(
    own: Taps,
    with_above: Taps,
    block: Taps,
    place: tuple[int, int],
    gram: Taps,
    sums: Taps,
) -> None:
    """Add a block's products to the pairs of taps that meet them, near the first and last rows."""
    (start, height), (rows, columns) = place, sums.shape
    taps = rows * columns
    both = np.concatenate([with_above[:taps, :taps], own[:taps, :taps]], axis=1)
    pairs = both.reshape(rows, columns, 2 * rows, columns)
    totals = block[:taps].sum(axis=1).reshape(rows, columns)
    for row in range(rows):
        i = start + row
        for lower in range(max(0, i - height + 1), min(i, rows - 1) + 1):
            sums[lower] += totals[row]
            for apart in range(lower + 1):
                gram[lower - apart, :, lower] += pairs[row, :, rows + row - apart].T


def _pairs(own: Taps, above: Taps, size: tuple[int, int], apart: int) -> Taps:
    """Add up the products of rows that lie so far apart: `(columns above + 1 answer, columns)`."""
    rows, columns = size
    taps = rows * columns
    total = np.zeros((columns + 1, columns))
    for row in range(rows):
        products, other = (own, row - apart) if row >= apart else (above, rows + row - apart)
        here = slice(row * columns, (row + 1) * columns)
        total[:columns] += products[here, other * columns : (other + 1) * columns].T
        total[columns] += products[here, taps + other]
    return total


def _assembled(gram: Taps, cross: Taps, sums: Taps, y: Taps) -> Taps:
    """Lay the parts out as one symmetric matrix; of `gram` the upper blocks are filled."""
    taps = cross.size
    matrix = np.empty((taps + 2, taps + 2))
    blocks = gram.reshape(taps, taps)
    matrix[:taps, :taps] = np.triu(blocks) + np.triu(blocks, 1).T
    matrix[taps, :taps] = matrix[:taps, taps] = sums.ravel()
    matrix[taps + 1, :taps] = matrix[:taps, taps + 1] = cross.ravel()
    total = y.sum()
    matrix[taps:, taps:] = [[y.size, total], [total, (y * y).sum()]]
    return matrix


def _one_by_one(
    before: Array, after: Array, window: tuple[int, ...], reference: Reference, used: Mask | None
) -> Moments:
    """Lay out every window that is used, some at a time; thinned evenly where there are many."""
    places = np.arange(after.size) if used is None else np.flatnonzero(used)
    places = places[:: -(-max(1, places.size) // _affordable(window))]
    windows = sliding_window_view(before, window)
    answers = after.reshape(-1)
    width = math.prod(window) + 2
    matrix = np.zeros((width, width))
    for some in _batches(places, max(1, _CELLS // width)):
        rows = np.empty((some.size, width))
        seen = windows[np.unravel_index(some, after.shape)]
        rows[:, :-2] = seen.reshape(some.size, -1)
        rows[:, :-2] -= reference.before
        rows[:, -2] = 1.0
        rows[:, -1] = answers[some].astype(np.float64) - reference.after
        matrix += rows.T @ rows
    return Moments(window, places.size, matrix, reference)


def _batches(places: npt.NDArray[np.intp], size: int) -> Iterator[npt.NDArray[np.intp]]:
    for start in range(0, places.size, size):
        yield places[start : start + size]
