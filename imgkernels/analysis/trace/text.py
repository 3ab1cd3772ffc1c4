"""A trace in words and numbers, for one channel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from imgkernels.analysis.trace.parts import Cells, Mapping, Part, Pick, Sum

if TYPE_CHECKING:
    from imgkernels.analysis.trace.verb import Trace

_MOST_CELLS = 81  # that are listed one by one; of more, the largest products


def told(trace: Trace, channel: int = 0) -> str:
    """Return the whole trace of one channel as lines of text."""
    names = "zyx"[-len(trace.at) :]
    place = ", ".join(f"{n} {i}" for n, i in zip(names[::-1], trace.at[::-1], strict=True))
    many = trace.before.size
    which = f", channel {channel + 1} of {many}" if many > 1 else ""
    lines = [f"pixel {place}{which}: {number(trace.before[channel])}, border {trace.border}"]
    for position, step in enumerate(trace.steps, start=1):
        lines += ["", f"step {position}: {step.step}"]
        lines += [f"  ({step.note})"] if step.note else []
        for part in step.parts:
            lines += [f"  {line}" for line in _part(part, channel)]
        lines.append(f"  = {number(step.value[channel])}")
    return "\n".join([*lines, "", *_written(trace, channel)])


def number(value: float) -> str:
    """Return a value with seven digits at most, and no more than it needs.

    >>> number(37.0), number(-0.1 - 0.2)
    ('37', '-0.3')
    """
    return f"{float(value) + 0.0:.7g}"


def _written(trace: Trace, channel: int) -> Iterator[str]:
    if trace.range is not None:
        yield f"range {trace.range}: {number(trace.shown[channel])}"
    if trace.dtype.startswith("float"):
        yield f"written as {trace.dtype}: {number(trace.value[channel])}"
        return
    how = "saturated" if trace.saturated[channel] else "rounded, half to even"
    yield f"written as {trace.dtype}: {trace.value[channel]} ({how})"


def _part(part: Part, channel: int) -> Iterator[str]:
    match part:
        case Sum():
            yield from _sum(part, min(channel, part.sum.size - 1))
        case Pick():
            yield from _pick(part, channel)
        case Mapping(title, given, value):
            said = ", ".join(f"{name}: {number(values[channel])}" for name, values in given)
            yield f"{said} -> {title}: {number(value[channel])}"


def _sum(part: Sum, channel: int) -> Iterator[str]:
    products = part.products[..., channel]
    yield f"{part.title} {_size(part.kernel.shape)}: value x tap = product"
    order, left = list(np.ndindex(products.shape)), []
    if len(order) > _MOST_CELLS:
        order.sort(key=lambda at: -abs(products.item(at)))
        order, left = sorted(order[:_MOST_CELLS]), order[_MOST_CELLS:]
    for at in order:
        value, tap = part.cells.values.item((*at, channel)), part.kernel.taps.item(at)
        line = f"{number(value):>12} x {number(tap):>12} = {number(products.item(at)):>12}"
        yield f"{_offset(at, part.kernel.anchor):<10}{line}{_origin(part.cells, at)}"
    if left:
        rest = sum(products.item(at) for at in left)
        yield f"{'':<10}and {len(left)} smaller products: {number(rest)}"
    yield f"sum {number(part.sum[channel])}"
    if part.offset:
        yield f"plus offset {number(part.offset)} = {number(part.value[channel])}"


def _pick(part: Pick, channel: int) -> Iterator[str]:
    values, taps = part.cells.values[..., channel], part.kernel.taps
    yield f"window {_size(part.kernel.shape)}: {part.title}"
    if values.size <= _MOST_CELLS:
        for at in np.ndindex(values.shape):
            if taps[at] != 0:
                where = f"{_offset(at, part.kernel.anchor):<10}{number(values.item(at)):>12}"
                yield where + _origin(part.cells, at)
    row = [number(v) for v in part.ordered[:, channel]]
    row[part.place] = f"[{row[part.place]}]"
    low = max(0, part.place - _MOST_CELLS // 2)
    shown = row[low : low + _MOST_CELLS]
    yield " ".join(["..."] * (low > 0) + shown + ["..."] * (low + len(shown) < len(row)))


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _offset(at: tuple[int, ...], anchor: tuple[int, ...]) -> str:
    """Return how far a cell lies from the pixel, x first: "-1,+1"."""
    steps = [t - a for t, a in zip(at, anchor, strict=True)]
    return ",".join(f"{step:+d}" if step else "0" for step in reversed(steps))


def _origin(cells: Cells, at: tuple[int, ...]) -> str:
    """Return where a cell beyond the edge takes its value from, x first."""
    if not cells.outside[at]:
        return ""
    found = [int(axis[at]) for axis in cells.origins]
    if min(found) < 0:
        return "   beyond the edge: the border's value"
    names = "zyx"[-len(found) :]
    place = ", ".join(f"{n} {i}" for n, i in zip(names[::-1], found[::-1], strict=True))
    return f"   beyond the edge: from {place}"
