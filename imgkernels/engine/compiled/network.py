"""Networks of comparisons: sorted lists merged, and one place of what two of them hold together.

Every step is a minimum or a maximum of two values, so a processor does it for many windows at once.
Sources: Batcher, Sorting networks and their applications, 1968; Adams, Fast median filters using
separable sorting networks, 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

Pick = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Order:
    """The lower and the higher of two values; plain numbers, or expressions to be compiled."""

    low: Pick
    high: Pick

    def sort(self, values: Sequence[Any]) -> list[Any]:
        """Return the values from the lowest to the highest."""
        if len(values) == 1:
            return list(values)
        half = len(values) // 2
        return self.merge(self.sort(values[:half]), self.sort(values[half:]))

    def merge(self, a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
        """Return the values of two sorted lists as one."""
        if not a or not b:
            return [*a, *b]
        if len(a) == len(b) == 1:
            return [self.low(a[0], b[0]), self.high(a[0], b[0])]
        # Every second value of both; what is then left unsorted are neighbours.
        even, odd = self.merge(a[::2], b[::2]), self.merge(a[1::2], b[1::2])
        pairs = list(zip(even[1:], odd, strict=False))
        middle = [pick(*pair) for pair in pairs for pick in (self.low, self.high)]
        return [even[0], *middle, *even[1 + len(pairs) :], *odd[len(pairs) :]]

    def place(self, a: Sequence[Any], b: Sequence[Any], place: int) -> Any:
        """Return the value at a place, 0 the lowest, among those of two sorted lists."""
        first, last = max(0, place + 1 - len(b)), min(len(a), place + 1)
        # So many of the one and the rest of the other are the lowest: their top, at its lowest.
        tops = (
            reduce(self.high, [*a[:i][-1:], *b[: place + 1 - i][-1:]])
            for i in range(first, last + 1)
        )
        return reduce(self.low, tops)


@dataclass(frozen=True)
class Part:
    """A sorted part of each window without the values that cannot be at the place asked for."""

    values: tuple[Any, ...]
    below: int = 0
    above: int = 0

    def narrowed(self, members: int, place: int) -> Part:
        """Leave out what has too many values above or below it, in windows of so many members."""
        count = len(self.values)
        first = max(0, count - (members - place - self.above))
        last = min(count, place - self.below + 1)
        return Part(self.values[first:last], self.below + first, self.above + max(0, count - last))

    def merged(self, other: Part, order: Order) -> Part:
        """Return both parts as one."""
        values = tuple(order.merge(self.values, other.values))
        return Part(values, self.below + other.below, self.above + other.above)
