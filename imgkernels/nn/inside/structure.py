"""A network as boxes and arrows: laid out here, without graphviz."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgkernels.nn.graph import Symbol
from imgkernels.nn.inside import figure as fig
from imgkernels.nn.layer import Shape
from imgkernels.nn.model import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _GAP, _STEP = 2.5, 0.62, 0.3, 0.98  # inches
_FILLS = {"Conv": "#dbe9f9", "Dep": "#dbe9f9", "Sep": "#dbe9f9", "Dense": "#fde2cf",
          "Max": "#e3f2df", "Ave": "#e3f2df", "Glo": "#e3f2df", "Batch": "#f3e5f5"}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """One call of a layer, or an input, and where it stands: rows down, columns across."""

    title: str
    note: str
    kind: str
    row: int
    column: float
    sources: tuple[int, ...]


def boxes(model: Model) -> list[Box]:
    """Return the boxes of a model in order; each stands below all that it needs."""
    network = model.network
    symbols = [*network.inputs, *network.steps]
    places = {id(symbol): place for place, symbol in enumerate(symbols)}
    rows: list[int] = []
    wires: list[tuple[int, ...]] = []
    for symbol in symbols:
        wires.append(tuple(places[id(one)] for one in symbol.node.inputs) if symbol.node else ())
        rows.append(1 + max((rows[source] for source in wires[-1]), default=-1))
    widths = [rows.count(row) for row in rows]
    seen: dict[int, int] = {}
    found = []
    for symbol, row, width, sources in zip(symbols, rows, widths, wires, strict=True):
        column = seen.get(row, 0) - (width - 1) / 2
        seen[row] = seen.get(row, 0) + 1
        found.append(_box(symbol, row, column, sources))
    return found


def plot_structure(model: Model, title: str = "") -> Figure:
    """Draw a model: name, kind, output shape and number of weights of each layer."""
    all_ = boxes(model)
    across = max(abs(box.column) for box in all_) * 2 + 1
    down = max(box.row for box in all_) + 1
    width, height = across * (_WIDTH + _GAP) + _GAP, down * _STEP + 0.1
    figure = fig.new(
        width, height + 0.4, title or f"{model.name}: {model.count_params():,} weights"
    )
    axes = figure.add_subplot()
    axes.set_xlim(-width / 2, width / 2)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    for box in all_:
        for source in box.sources:
            _arrow(axes, all_[source], box)
    for box in all_:
        _draw(axes, box)
    return figure


def _box(symbol: Symbol, row: int, column: float, sources: tuple[int, ...]) -> Box:
    shape = _shape(symbol.shape)
    if symbol.node is None:
        return Box(symbol.name, shape, "Input", row, column, sources)
    layer = symbol.node.layer
    count = layer.count_params()
    kind = type(layer).__name__
    note = f"{kind}  {shape}" + (f"  {count:,}" if count else "")
    return Box(layer.name, note, kind, row, column, sources)


def _shape(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _place(box: Box) -> tuple[float, float]:
    return box.column * (_WIDTH + _GAP), box.row * _STEP + _STEP / 2


def _draw(axes: Axes, box: Box) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = _place(box)
    fill = next((c for word, c in _FILLS.items() if box.kind.startswith(word)), "#f1f3f5")
    corner = (x - _WIDTH / 2, y - _HEIGHT / 2)
    style = "round,pad=0,rounding_size=0.08"
    axes.add_patch(FancyBboxPatch(corner, _WIDTH, _HEIGHT, style, fc=fill, ec="#adb5bd", lw=0.8))
    for text, lower, size, weight in (
        (box.title, -0.13, 9, "bold"),
        (box.note, 0.14, 7.5, "normal"),
    ):
        axes.text(x, y + lower, text, fontsize=size, fontweight=weight, color=fig.INK,
                  ha="center", va="center")  # fmt: skip


def _arrow(axes: Axes, source: Box, target: Box) -> None:
    (x0, y0), (x1, y1) = _place(source), _place(target)
    look = {"arrowstyle": "-|>", "color": fig.PALE, "lw": 1.1, "shrinkA": 0, "shrinkB": 1}
    start, end = (x0, y0 + _HEIGHT / 2), (x1, y1 - _HEIGHT / 2)
    axes.annotate("", xy=end, xytext=start, arrowprops=look)
