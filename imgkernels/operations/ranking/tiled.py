"""Networks for tiles of windows: what all windows of a tile share is sorted once for them all.

The core that all windows hold is sorted; so are the rows and columns beside it. A tile is halved
again and again, each half takes the rows or columns into its core that all its windows hold, and
of each core only what may still be at the place asked for is kept. Sources: Adams, Fast median
filters using separable sorting networks, 2021; Sugy, A fast parallel median filtering algorithm
using hierarchical tiling, 2025.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from imgkernels.engine.compiled.network import Order, Part
from imgkernels.engine.compiled.picks import Program

Pair = tuple[int, ...]  # along y and along x
Lines = tuple[dict[int, list[Any]], dict[int, list[Any]]]  # sorted rows by y, columns by x
Node = tuple[bool, Any, Any]  # whether the larger one; of which two

_IDLE = -1  # stands for the slot that holds nothing


def tile_of(window: Pair, side: int) -> Pair:
    """Return how many windows a tile has on each axis, powers of 2, at most `side`."""
    return tuple(side if n > side else 1 << (n.bit_length() - 1) for n in window)


@functools.lru_cache(64)
def program(window: Pair, place: int, side: int) -> Program:
    """Return the program for a tile of windows: leaves are (y, x) in it, answers row by row."""
    maker = _Maker(window, place, side)
    return _laid_out(maker.nodes, maker.answers())


class _Maker:
    """Makes the nodes of a tile's network; a node is its number, a sample is its place."""

    def __init__(self, window: Pair, place: int, side: int) -> None:
        self.nodes: list[Node] = []
        self._window, self._place = window, place
        self._tile = tile_of(window, side)
        self._members = window[0] * window[1]
        low, high = (functools.partial(self._pick, largest) for largest in (False, True))
        self._order = Order(low, high)
        self._found: dict[Pair, Any] = {}

    def _pick(self, largest: bool, one: Any, other: Any) -> int:
        self.nodes.append((largest, one, other))
        return len(self.nodes) - 1

    def answers(self) -> list[Any]:
        """Return the nodes of the tile's answers, row by row."""
        tile, (height, width) = self._tile, self._window
        rows, columns = range(tile[0] - 1, height), range(tile[1] - 1, width)
        sort = self._order.sort
        lines: Lines = (
            {y: sort([(y, x) for x in columns]) for y in _around(0, tile[0], height)},
            {x: sort([(y, x) for y in rows]) for x in _around(0, tile[1], width)},
        )
        core = self._joined(sort([(y, x) for y in rows]) for x in columns)
        self._halve((0, 0), tile, self._narrowed(core), lines)
        return [self._found[y, x] for y in range(tile[0]) for x in range(tile[1])]

    def _halve(self, start: Pair, size: Pair, core: Part, lines: Lines) -> None:
        """Find the answers of a tile's halves: the core takes lines in, other lines get longer."""
        if size == (1, 1):
            self._found[start] = core.values[self._place - core.below]
            return
        axis = 0 if size[0] > size[1] else 1
        half, other = size[axis] // 2, 1 - axis
        for first, near in (
            (start[axis], start[axis] + half - 1),
            (start[axis] + half, start[axis] + self._window[axis]),
        ):
            taken = range(near, near + half)
            part = self._narrowed(self._joined(lines[axis][at] for at in taken))
            corner = _with(start, axis, first)
            if size[axis] == 2 and size[other] == 1:
                last = self._place - core.below - part.below
                self._found[corner] = self._order.place(core.values, part.values, last)
                continue
            left = {at: lines[axis][at] for at in _around(first, half, self._window[axis])}
            longer = {
                at: self._order.merge(
                    line, self._order.sort([_with((at, at), axis, end) for end in taken])
                )
                for at, line in lines[other].items()
            }
            both: Lines = (left, longer) if axis == 0 else (longer, left)
            merged = core.merged(part, self._order).narrowed(self._members, self._place)
            self._halve(corner, _with(size, axis, half), merged, both)

    def _narrowed(self, values: list[Any]) -> Part:
        return Part(tuple(values)).narrowed(self._members, self._place)

    def _joined(self, lists: Iterable[list[Any]]) -> list[Any]:
        """Merge sorted lists two by two."""
        left = list(lists)
        while len(left) > 1:
            pairs = (left[i : i + 2] for i in range(0, len(left), 2))
            left = [self._order.merge(*pair, *[[]] * (2 - len(pair))) for pair in pairs]
        return left[0]


def _around(start: int, tile: int, window: int) -> list[int]:
    """Return where some windows of a tile have samples and others have not, along one axis."""
    before = range(start, start + tile - 1)
    return [*before, *range(start + window, start + window + tile - 1)]


def _with(pair: Pair, axis: int, value: int) -> Pair:
    return (value, pair[1]) if axis == 0 else (pair[0], value)


def _laid_out(nodes: list[Node], answers: list[Any]) -> Program:
    """Give each value a slot, that of one that is read no more being given again."""
    last = _last_reads(nodes, answers)
    leaves = tuple(key for key in last if isinstance(key, tuple))
    slot: dict[Any, int] = {leaf: i for i, leaf in enumerate(leaves)}
    free, used, steps = list[int](), len(slot), list[tuple[int, int, int, int]]()
    for numbers in _paired(nodes, last):
        _, one, other = nodes[numbers[0]]
        reads = slot[one], slot[other]
        into = [_IDLE, _IDLE]
        for number in numbers:
            if number == numbers[-1]:  # the first of two must leave alone what the second reads
                free += [slot.pop(read) for read in (one, other) if last[read] in numbers]
            if not free:
                free.append(used)
                used += 1
            slot[number] = into[nodes[number][0]] = free.pop()
        steps.append((into[0], into[1], *reads))
    laid = np.array(steps, np.int32).reshape(-1, 4)
    laid[laid == _IDLE] = used
    return Program(leaves, laid, np.array([slot[n] for n in answers], np.int32), used + 1)


def _paired(nodes: list[Node], needed: Mapping[Any, int]) -> Iterator[tuple[int, ...]]:
    """Yield the numbers of what is needed in turn, a minimum with the maximum of the same two."""
    kept = [number for number in range(len(nodes)) if number in needed]
    at = 0
    while at < len(kept):
        both = kept[at : at + 2]
        same = len(both) == 2 and nodes[both[0]][1:] == nodes[both[1]][1:]
        yield tuple(both if same else both[:1])
        at += 1 + same


def _last_reads(nodes: list[Node], answers: list[Any]) -> dict[Any, int]:
    """Return the number of the node that reads each value last; what nobody reads is left out."""
    last = dict.fromkeys(answers, len(nodes))
    for number in range(len(nodes) - 1, -1, -1):
        if number in last:
            for read in nodes[number][1:]:
                last.setdefault(read, number)
    return last
