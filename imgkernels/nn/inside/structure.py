"""A network as boxes and arrows: laid out here, without graphviz."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgkernels.nn.graph import Symbol
from imgkernels.nn.inside import figure as fig
from imgkernels.nn.inside.layout import Layout, laid_out
from imgkernels.nn.model import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT, _COLUMN, _ROW = 2.5, 0.62, 2.8, 0.98  # inches
_FILLS = {"Conv": "#dbe9f9", "Dep": "#dbe9f9", "Sep": "#dbe9f9", "Dense": "#fde2cf",
          "Max": "#e3f2df", "Ave": "#e3f2df", "Glo": "#e3f2df", "Batch": "#f3e5f5"}  # fmt: skip


@dataclass(frozen=True)
class Box:
    """What is written on one call of a layer, or an input."""

    title: str
    note: str
    kind: str


def plot_structure(model: Model, title: str = "") -> Figure:
    """Draw a model: name, kind, output shape and number of weights of each layer."""
    symbols = [*model.network.inputs, *model.network.steps]
    places = {id(symbol): place for place, symbol in enumerate(symbols)}
    layout = laid_out(
        [[places[id(one)] for one in s.node.inputs] if s.node else [] for s in symbols]
    )
    width, height = layout.width * _COLUMN + 0.3, (max(layout.rows) + 1) * _ROW + 0.1
    figure = fig.new(
        width, height + 0.4, title or f"{model.name}: {model.count_params():,} weights"
    )
    axes = figure.add_subplot()
    axes.set_xlim(-width / 2, width / 2)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    for wire in layout.paths:
        _arrow(axes, layout, *wire)
    for place, symbol in enumerate(symbols):
        _draw(axes, box_of(symbol), *_place(layout, place))
    return figure


def box_of(symbol: Symbol) -> Box:
    """Return what is written on a symbol's box."""
    shape = " x ".join(map(str, symbol.shape))
    if symbol.node is None:
        return Box(symbol.name, shape, "Input")
    layer = symbol.node.layer
    count, kind = layer.count_params(), type(layer).__name__
    return Box(layer.name, f"{kind}  {shape}" + (f"  {count:,}" if count else ""), kind)


def _place(layout: Layout, place: int) -> tuple[float, float]:
    return layout.columns[place] * _COLUMN, layout.rows[place] * _ROW + _ROW / 2


def _draw(axes: Axes, box: Box, x: float, y: float) -> None:
    from matplotlib.patches import FancyBboxPatch

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


def _arrow(axes: Axes, layout: Layout, source: int, target: int) -> None:
    """Draw a wire: straight down through its lane in each row that it passes."""
    x, y = _place(layout, source)
    points = [(x, y + _HEIGHT / 2)]
    for row, column in enumerate(layout.paths[source, target], start=layout.rows[source] + 1):
        middle = row * _ROW + _ROW / 2
        points += [
            (column * _COLUMN, middle - _HEIGHT / 2),
            (column * _COLUMN, middle + _HEIGHT / 2),
        ]
    x, y = _place(layout, target)
    axes.plot(*zip(*points, strict=True), color=fig.PALE, lw=1.1, solid_capstyle="round")
    look = {"arrowstyle": "-|>", "color": fig.PALE, "lw": 1.1, "shrinkA": 0, "shrinkB": 1}
    axes.annotate("", xy=(x, y - _HEIGHT / 2), xytext=points[-1], arrowprops=look)
