"""Selection networks: the value at one place among some samples, by minima and maxima alone.

Columns are sorted once for all windows that hold them, neighbouring columns merged once for all
windows that hold both, and so on: what two windows share is computed once, and what does not reach
the answer not at all. Sources: Batcher, Sorting networks and their applications, 1968; Adams, Fast
median filters using separable sorting networks, 2021.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

Shift = tuple[int, ...]

_IMAGE = -1  # stands for the image where the number of a plane stands


class Ref(NamedTuple):
    """A plane of values, read some samples further on."""

    node: int
    shift: Shift


class Node(NamedTuple):
    """The minimum or maximum of two planes; a leaf is the image itself, read further on."""

    largest: bool
    parts: tuple[Ref, ...]


@dataclass(frozen=True)
class Network:
    """Planes in the order in which they are computed, the last one being the answer's."""

    nodes: tuple[Node, ...]
    answer: Ref

    @property
    def work(self) -> int:
        """The number of minima and maxima per sample."""
        return sum(len(node.parts) == 2 for node in self.nodes)


@functools.lru_cache(64)
def selection(members: tuple[Shift, ...], place: int, shared: int) -> Network:
    """Return the network for the value at a place among samples at some shifts, 0 the lowest.

    Planes are read further on along the last `shared` axes alone.
    """
    builder = _Builder(shared)
    lists = _lists(builder, sorted(members))
    return builder.network(builder.select(lists, place))


def _lists(builder: _Builder, members: Sequence[Shift]) -> list[list[Ref]]:
    """Sort what differs along all axes but the last; one list for each place along the last."""
    columns = _grouped(members, -1)
    return [builder.sort(column) for column in columns]


def _grouped(members: Sequence[Shift], axis: int) -> list[list[Shift]]:
    ordered = sorted(members, key=lambda m: m[axis])
    return [list(group) for _, group in itertools.groupby(ordered, key=lambda m: m[axis])]


class _Builder:
    """Makes each plane once, however often it is asked for."""

    def __init__(self, shared: int) -> None:
        self._shared = shared
        self._nodes: dict[Node, int] = {}

    def leaf(self, shift: Shift) -> Ref:
        kept = len(shift) - self._shared
        fixed = shift[:kept] + (0,) * self._shared
        moved = (0,) * kept + shift[kept:]
        return Ref(self._number(Node(False, (Ref(_IMAGE, fixed),))), moved)

    def _number(self, node: Node) -> int:
        return self._nodes.setdefault(node, len(self._nodes))

    def pick(self, largest: bool, one: Ref, other: Ref) -> Ref:
        """Return the smaller or the larger of two, of planes that start as early as they can."""
        first, second = sorted((one, other), key=lambda ref: (ref.shift, ref.node))
        base = first.shift
        moved = tuple(b - a for a, b in zip(base, second.shift, strict=True))
        parts = (Ref(first.node, (0,) * len(base)), Ref(second.node, moved))
        return Ref(self._number(Node(largest, parts)), base)

    def sort(self, members: Sequence[Shift]) -> list[Ref]:
        """Sort the samples at some shifts, those that lie along the first axis first."""
        if len(members[0]) > 2 and len({m[-2] for m in members}) > 1:
            return self.join([self.sort(part) for part in _grouped(members, -2)])
        return self.join([[self.leaf(m)] for m in members])

    def join(self, lists: list[list[Ref]]) -> list[Ref]:
        """Merge sorted lists, those of equal length in pairs, so that neighbours share them."""
        while len(lists) > 1:
            lists = [
                self.merge(lists[i], lists[i + 1]) if i + 1 < len(lists) else lists[i]
                for i in range(0, len(lists), 2)
            ]
        return lists[0]

    def merge(self, a: list[Ref], b: list[Ref]) -> list[Ref]:
        """Merge two sorted lists by Batcher's odd-even merge."""
        if not a or not b:
            return a or b
        if len(a) == len(b) == 1:
            return [self.pick(False, a[0], b[0]), self.pick(True, a[0], b[0])]
        even, odd = self.merge(a[::2], b[::2]), self.merge(a[1::2], b[1::2])
        merged = [even[0]]
        for low, high in itertools.zip_longest(odd, even[1:]):
            if low is None or high is None:
                merged.append(low or high)
            else:
                merged += [self.pick(False, low, high), self.pick(True, low, high)]
        return merged

    def select(self, lists: list[list[Ref]], place: int) -> Ref:
        """Return the value at a place among sorted lists, the last two of which are not merged."""
        if len(lists) == 1:
            return lists[0][place]
        half = 1 << ((len(lists) - 1).bit_length() - 1)
        a, b = self.join(lists[:half]), self.join(lists[half:])
        # Of i values from one list and place + 1 - i from the other the last is the largest; the
        # answer is the smallest of these.
        found = []
        for i in range(max(0, place + 1 - len(b)), min(len(a), place + 1) + 1):
            ends = [part[n - 1] for part, n in ((a, i), (b, place + 1 - i)) if n]
            found.append(ends[0] if len(ends) == 1 else self.pick(True, *ends))
        return functools.reduce(lambda x, y: self.pick(False, x, y), found)

    def network(self, answer: Ref) -> Network:
        """Keep what the answer is made of."""
        nodes, needed = list(self._nodes), {answer.node}
        for number in range(len(nodes) - 1, -1, -1):
            if number in needed:
                needed |= {ref.node for ref in nodes[number].parts if ref.node >= 0}
        # Leaves first: they are read from the image before anything is computed.
        kept = sorted(needed, key=lambda number: (len(nodes[number].parts) == 2, number))
        place = {number: i for i, number in enumerate(kept)} | {_IMAGE: _IMAGE}
        renumbered = (
            Node(n.largest, tuple(Ref(place[r.node], r.shift) for r in n.parts))
            for n in (nodes[number] for number in kept)
        )
        return Network(tuple(renumbered), Ref(place[answer.node], answer.shift))
