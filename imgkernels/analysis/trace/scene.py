"""A trace as a drawing: windows, taps and products as grids, picks in a row, curves with a dot."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from imgkernels.analysis.canvas import Box, Drawing, Line, Shape, Text
from imgkernels.analysis.trace.parts import Mapping, Part, Pick, Sum
from imgkernels.analysis.trace.text import number
from imgkernels.analysis.trace.verb import Trace
from imgkernels.taps import Taps

_SIDE = 260.0  # the most a grid is wide or high
_LARGEST, _READABLE = 46.0, 30.0  # sizes of a cell; numbers are written from the second on
_WIDEST = 65  # cells of a side; a wider window is not drawn cell by cell
_GAP = 26.0
_EDGE = "#d95f02"  # outline of cells beyond the edge
_MOST_SORTED = 25


def scene(trace: Trace, channel: int = 0) -> Drawing:
    """Return the drawing of one channel's way, steps from top to bottom."""
    drawing = Drawing()
    names = "zyx"[-len(trace.at) :]
    place = ", ".join(f"{n} {i}" for n, i in zip(names[::-1], trace.at[::-1], strict=True))
    many = f", channel {channel + 1} of {trace.before.size}" if trace.before.size > 1 else ""
    title = f"pixel {place}{many}: {number(trace.before[channel])} in, {trace.value[channel]} out"
    drawing.add([Text(0, 8, title, 15)])
    for position, step in enumerate(trace.steps, start=1):
        top = drawing.height + _GAP
        note = f" ({step.note})" if step.note else ""
        drawing.add([Text(0, top, f"step {position}: {step.step}{note}", 13)])
        for part in step.parts:
            drawing.add(_part(part, channel, drawing.height + 10, trace.white))
    drawing.add(_end(trace, channel, drawing.height + _GAP))
    return drawing


def _end(trace: Trace, channel: int, top: float) -> Iterator[Shape]:
    shown = "" if trace.range is None else f"range {trace.range}: {number(trace.shown[channel])}, "
    integer = not trace.dtype.startswith("float")
    how = " (saturated)" if trace.saturated[channel] else " (rounded)" if integer else ""
    said = f"{shown}written as {trace.dtype}: {number(trace.value[channel])}{how}"
    yield _swatch(0, top - 9, trace.value[channel] / trace.white)
    yield Text(28, top, said, 13)
    if any(_beyond(part) for step in trace.steps for part in step.parts):
        yield Text(0, top + 26, "orange outlines: cells beyond the edge", 11, _EDGE)


def _beyond(part: Part) -> bool:
    return not isinstance(part, Mapping) and bool(part.cells.outside.any())


def _part(part: Part, channel: int, top: float, white: float) -> Iterator[Shape]:
    match part:
        case Sum():
            yield from _sum(part, min(channel, part.sum.size - 1), top, white)
        case Pick():
            yield from _pick(part, channel, top, white)
        case Mapping():
            yield from _mapping(part, channel, top + 8, white)


def _sum(part: Sum, channel: int, top: float, white: float) -> Iterator[Shape]:
    values, products = part.cells.values[..., channel], part.products[..., channel]
    yield Text(0, top + 6, part.title, 11, "#666666")
    top += 18
    grids = (
        (values, _greys(values, white), part.cells.outside, "x"),
        (part.kernel.taps, _diverging(part.kernel.taps), None, "="),
        (products, _diverging(products), None, ":"),
    )
    left = 0.0
    for grid, shades, outside, sign in grids:
        width, height = _extent(grid)
        yield from _grid(left, top, grid, shades, outside)
        yield Text(left + width + _GAP / 2, top + height / 2, sign, 15, anchor="middle")
        left += width + _GAP
    offset = f" + {number(part.offset)} = {number(part.value[channel])}" if part.offset else ""
    said = f"sum {number(part.sum[channel])}{offset}"
    yield Text(left, top + _extent(products)[1] / 2, said, 13)


def _pick(part: Pick, channel: int, top: float, white: float) -> Iterator[Shape]:
    values = np.where(part.kernel.taps != 0, part.cells.values[..., channel], np.nan)
    yield Text(0, top + 6, part.title, 11, "#666666")
    top += 18
    yield from _grid(0, top, values, _greys(values, white), part.cells.outside)
    row = part.ordered[:, channel]
    low = min(max(0, part.place - _MOST_SORTED // 2), max(0, row.size - _MOST_SORTED))
    shown = row[low : low + _MOST_SORTED]
    top += _extent(values)[1] + 12
    for i, (value, shade) in enumerate(zip(shown, _greys(shown, white), strict=True)):
        chosen = low + i == part.place
        yield Box(i * 34.0, top, 34, 24, shade, _EDGE if chosen else "#c8c8c8", chosen)
        yield Text(i * 34.0 + 17, top + 12, _short(value), 10, _ink(shade), "middle")
    x = (part.place - low) * 34.0 + 17
    yield Text(x, top + 36, f"place {part.place + 1} of {row.size}", 11, _EDGE, "middle")


def _mapping(part: Mapping, channel: int, top: float, white: float) -> Iterator[Shape]:
    said = ", ".join(f"{name}: {number(values[channel])}" for name, values in part.given)
    if part.curve is None:
        yield Text(0, top + 6, f"{said}  ->  {part.title}: {number(part.value[channel])}", 13)
        return
    side = 140.0
    ends = part.curve.min(axis=0), part.curve.max(axis=0)
    span = np.where(ends[1] > ends[0], ends[1] - ends[0], 1.0)

    def at(point: npt.ArrayLike) -> tuple[float, float]:
        share = ((np.asarray(point) - ends[0]) / span).clip(-0.02, 1.02)
        return float(share[0] * side), float(top + (1 - share[1]) * side)

    dot = at((part.given[0][1][channel], part.value[channel]))
    yield Box(0, top, side, side, "#fafafa")
    yield Line(tuple(at(point) for point in part.curve), "#2166ac")
    yield Line(((dot[0], top + side), dot, (0.0, dot[1])), _EDGE, 1)
    yield Box(dot[0] - 3, dot[1] - 3, 6, 6, _EDGE, _EDGE)
    yield Text(side + 14, top + side / 2 - 10, said, 13)
    yield Text(side + 14, top + side / 2 + 10, f"{part.title}: {number(part.value[channel])}", 13)


def _flat(grid: Taps) -> Taps:
    """Return a window as rows: planes below each other, a single row for one axis."""
    return grid.reshape(-1, grid.shape[-1])


def _cell(grid: Taps) -> float:
    return min(_LARGEST, _SIDE / float(max(_flat(grid).shape)))


def _extent(grid: Taps) -> tuple[float, float]:
    rows, columns = _flat(grid).shape
    if max(rows, columns) > _WIDEST:
        return _SIDE, 40.0
    return columns * _cell(grid), rows * _cell(grid)


def _grid(
    left: float, top: float, grid: Taps, shades: list[str], outside: npt.NDArray[np.bool_] | None
) -> Iterator[Shape]:
    rows, columns = _flat(grid).shape
    if max(rows, columns) > _WIDEST:
        yield Box(left, top, _SIDE, 40, "#fafafa")
        size = " x ".join(map(str, grid.shape))
        yield Text(left + _SIDE / 2, top + 20, f"{size}, too wide to draw", 12, anchor="middle")
        return
    side = _cell(grid)
    beyond = np.zeros(grid.size, bool) if outside is None else outside.ravel()
    order = np.argsort(beyond, kind="stable")  # outlines of cells beyond the edge lie on top
    for place in order:
        x, y = left + place % columns * side, top + place // columns * side
        stroke = _EDGE if beyond[place] else "#c8c8c8"
        yield Box(x, y, side, side, shades[place], stroke, bool(beyond[place]))
        if side >= _READABLE:
            text = _short(float(grid.ravel()[place])) or "-"
            yield Text(x + side / 2, y + side / 2, text, 11, _ink(shades[place]), "middle")


def _short(value: float) -> str:
    return "" if np.isnan(value) else f"{value + 0.0:.3g}"


def _greys(values: Taps, white: float) -> list[str]:
    shares = np.nan_to_num(values / white, nan=1.0).clip(0, 1).ravel()
    return [_hex(*(255 * share,) * 3) for share in shares]


def _diverging(values: Taps) -> list[str]:
    """Return orange above 0, blue below, white at 0."""
    shares = (values / (np.abs(values).max() or 1.0)).ravel()
    ends = ((245, 140, 40), (60, 130, 220))
    mixed = []
    for share in shares:
        strength = 0.85 * abs(share) ** 0.6
        mixed.append(_hex(*(255 + (c - 255) * strength for c in ends[int(share < 0)])))
    return mixed


def _hex(*channels: float) -> str:
    return "#" + "".join(f"{round(c):02x}" for c in channels)


def _ink(shade: str) -> str:
    red, green, blue = (int(shade[i : i + 2], 16) for i in (1, 3, 5))
    return "#111111" if 0.3 * red + 0.6 * green + 0.1 * blue > 110 else "#f4f4f4"


def _swatch(x: float, y: float, share: float) -> Box:
    return Box(x, y, 20, 18, _greys(np.array([share]), 1.0)[0])
