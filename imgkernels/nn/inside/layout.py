"""Where the boxes of a graph stand: each below all that it needs, wires in lanes between boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LANE = 0.25  # of a box's width

Item = tuple[int, int]  # a box and itself; or a wire on its way past a row: source, target


@dataclass(frozen=True)
class Layout:
    """Rows down, from 0; columns across, in widths of a box, 0 in the middle.

    `paths` has for each wire (source, target) the columns at which it passes the rows between.
    """

    rows: tuple[int, ...]
    columns: tuple[float, ...]
    paths: dict[Item, tuple[float, ...]]
    width: float


def laid_out(sources: Sequence[Sequence[int]]) -> Layout:
    """Place boxes, of which each has the numbers of those before it that it needs.

    >>> layout = laid_out([[], [0], [1], [0, 2]])
    >>> layout.rows, layout.paths[0, 3]
    ((0, 1, 2, 3), (0.5, 0.5))
    """
    rows: list[int] = []
    for own in sources:
        rows.append(1 + max((rows[source] for source in own), default=-1))
    wires = [(source, target) for target, own in enumerate(sources) for source in own]
    at: dict[tuple[Item, int], float] = {}
    widths = []
    for row in range(max(rows) + 1):
        items: list[Item] = [(box, box) for box in range(len(rows)) if rows[box] == row]
        items += [(s, t) for s, t in dict.fromkeys(wires) if rows[s] < row < rows[t]]
        items.sort(key=lambda item: _wanted(item, row, sources, rows, at))
        widths.append(sum(map(_width, items)))
        left = -widths[-1] / 2
        for item in items:
            at[item, row] = left + _width(item) / 2
            left += _width(item)
    paths = {
        (s, t): tuple(at[(s, t), row] for row in range(rows[s] + 1, rows[t])) for s, t in wires
    }
    columns = tuple(at[(box, box), row] for box, row in enumerate(rows))
    return Layout(tuple(rows), columns, paths, max(widths))


def _width(item: Item) -> float:
    return 1.0 if item[0] == item[1] else _LANE


def _wanted(
    item: Item,
    row: int,
    sources: Sequence[Sequence[int]],
    rows: Sequence[int],
    at: dict[tuple[Item, int], float],
) -> float:
    """Return the column right below what an item comes from."""
    source, target = item
    above = [source] if source != target else sources[source]
    found = []
    for one in above:
        wire = (one, target)
        found.append(at[(one, one), row - 1] if rows[one] == row - 1 else at[wire, row - 1])
    return sum(found) / len(found) if found else 0.0
