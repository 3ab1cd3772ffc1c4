"""What is seen inside, as figures; each takes arrays that the other modules return."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgkernels.nn.inside import figure as fig
from imgkernels.nn.inside.gradients import Box
from imgkernels.nn.inside.occlusion import Occlusion
from imgkernels.values import Array, Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_FILTERS = 64
Sides = Mapping[str, Floats]


def plot_filters(banks: Sides, *, channel: int | None = None, title: str = "") -> Figure:
    """Draw kernels `(filter, *window, channel)` as images, one block for each bank by its name.

    Kernels of one channel are grey with 0 in the middle, the same scale in a bank; of three they
    are colours; of more, `channel` is shown, or the mean over channels.
    """
    count = min(_MOST_FILTERS, max(len(bank) for bank in banks.values()))
    across, cell = (8, 0.62) if count > 12 else (min(count, 6), 0.9)
    rows = -(-count // across)
    height = len(banks) * (rows * cell + 0.35) + 0.35
    figure = fig.new(max(3.6, across * cell), height, title)
    parts = figure.subfigures(len(banks), 1, squeeze=False)[:, 0]
    for part, (name, bank) in zip(parts, banks.items(), strict=True):
        part.suptitle(name, fontsize=9, color=fig.PALE)
        painters = fig.mosaic(part.subplots(), min(count, len(bank)), across)
        for paint, kernel in zip(painters, bank, strict=False):
            _kernel(paint, kernel, float(np.abs(bank).max()) or 1.0, channel)
    return figure


def _kernel(paint: Callable[..., None], kernel: Floats, scale: float, channel: int | None) -> None:
    flat = kernel.reshape(1, *kernel.shape) if kernel.ndim == 2 else kernel
    if flat.shape[-1] == 3 and channel is None:
        paint((0.5 + flat / (2 * scale)).clip(0, 1))
    else:
        plane = flat[..., channel] if channel is not None else flat.mean(axis=-1)
        scale = scale if flat.shape[-1] == 1 else float(np.abs(plane).max()) or 1.0
        paint(plane, vmin=-scale, vmax=scale)


def plot_responses(picture: Array, maps: Floats, title: str = "") -> Figure:
    """Draw response maps `(H, W, filter)` beside the picture that they answer to."""
    count = min(_MOST_FILTERS, maps.shape[-1])
    across = min(8, count + 1)
    figure = fig.new(max(3.6, across * 0.95), -(-(count + 1) // across) * 0.95 + 0.4, title)
    painters = fig.mosaic(figure.subplots(), count + 1, across)
    most = float(maps.max()) or 1.0
    for number, paint in enumerate(painters):
        if number == 0:
            paint(picture, "input")
        else:
            paint(maps[..., number - 1], str(number - 1), cmap="magma", vmin=0, vmax=most)
    return figure


def plot_heats(
    picture: Array, heats: Mapping[str, Floats], *, box: Box | None = None, title: str = ""
) -> Figure:
    """Draw maps from 0 to 1, each by itself in false colours, beside the picture.

    `box` is drawn around its place in the picture.
    """
    figure, cells = fig.grid(len(heats) + 1, title, columns=len(heats) + 1, cell=2.1)
    fig.picture(cells[0], picture, "input", size=9)
    if box is not None:
        _outline(cells[0], box)
    for axes, (name, heat) in zip(cells[1:], heats.items(), strict=True):
        fig.picture(axes, heat, name, size=9, cmap="jet", vmin=0, vmax=1)
    return figure


def plot_overlays(
    picture: Array, heats: Mapping[str, Floats], *, box: Box | None = None, title: str = ""
) -> Figure:
    """Draw maps from 0 to 1 over the picture, beside the picture itself with a box in it."""
    figure, cells = fig.grid(len(heats) + 1, title, columns=len(heats) + 1, cell=2.1)
    fig.picture(cells[0], picture, "input", size=9)
    if box is not None:
        _outline(cells[0], box)
    for axes, (name, heat) in zip(cells[1:], heats.items(), strict=True):
        fig.picture(axes, picture, name, size=9)
        fig.picture(axes, heat, name, size=9, cmap="jet", vmin=0, vmax=1, alpha=0.55)
    return figure


def _outline(axes: Axes, box: Box) -> None:
    from matplotlib.patches import Rectangle

    corner = (box.x - 0.5, box.y - 0.5)
    axes.add_patch(Rectangle(corner, box.width, box.height, fill=False, ec=fig.ACCENT, lw=2))


def plot_occlusion(
    picture: Array, found: Occlusion, names: Sequence[str] = (), title: str = ""
) -> Figure:
    """Draw the three outputs of an occlusion beside the picture."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    figure = fig.new(9.6, 2.7, title)
    cells = figure.subplots(1, 4, width_ratios=[1, 1.12, 1.12, 1.25])
    name = _name(names, found.of)
    fig.picture(cells[0], picture, "input", size=9)
    heat = fig.picture(cells[1], found.heat, f"probability of {name}", size=9,
                       cmap="viridis", vmin=0, vmax=1)  # fmt: skip
    _scale(figure, heat, cells[1])
    winners = list(found.counts)
    places = np.searchsorted(sorted(winners), found.classes)
    colours = ListedColormap([_COLOURS[n % 10] for n in sorted(winners)])
    norm = BoundaryNorm(np.arange(len(winners) + 1) - 0.5, len(winners))
    drawn = fig.picture(cells[2], places, "predicted class", size=9, cmap=colours, norm=norm)
    bar = figure.colorbar(drawn, ax=cells[2], shrink=0.75, ticks=range(len(winners)))
    bar.ax.set_yticklabels([_name(names, n) for n in sorted(winners)], fontsize=7)
    bar.outline.set_visible(False)
    _bars(cells[3], [_name(names, n) for n in winners], list(found.counts.values()))
    for patch, winner in zip(cells[3].patches, winners, strict=True):
        patch.set_color(_COLOURS[winner % 10])
    cells[3].set_title("blocks won", fontsize=9, color=fig.INK, pad=3)
    return figure


_COLOURS = (
    "#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd",
    "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
)  # fmt: skip


def plot_maximized(pictures: Floats, names: Sequence[str], title: str = "") -> Figure:
    """Draw what each class or filter would like to see, five in a row."""
    figure, cells = fig.grid(len(pictures), title, columns=5, cell=1.6)
    for axes, x, name in zip(cells, pictures, names, strict=True):
        low, high = float(x.min()), float(x.max())
        fig.picture(axes, (x - low) / ((high - low) or 1.0), name, size=9)
    return figure


def plot_curves(history: Mapping[str, Sequence[float]], title: str = "") -> Figure:
    """Draw each number of a training by epoch, `val_` ones with their own, from 1 on."""
    names = [name for name in history if not name.startswith("val_") and name != "epoch"]
    figure = fig.new(4.2 * len(names), 3.1, title)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        pairs = ((name, "training", fig.PALE), (f"val_{name}", "validation", fig.ACCENT))
        for key, label, colour in pairs:
            if key in history:
                epochs = range(1, len(history[key]) + 1)
                axes.plot(epochs, history[key], "o-", color=colour, label=label, lw=1.8, ms=4)
        axes.set_title(name, fontsize=10, color=fig.INK)
        axes.set_xlabel("epoch", fontsize=8, color=fig.INK)
        axes.xaxis.get_major_locator().set_params(integer=True)
        _plain(axes)
        if f"val_{name}" in history:
            axes.legend(frameon=False, fontsize=8)
    return figure


def plot_scores(
    picture: Array, scores: npt.ArrayLike, names: Sequence[str], title: str = ""
) -> Figure:
    """Draw a picture with the probability of each class beside it."""
    figure = fig.new(5.4, 2.6, title)
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.4])
    fig.picture(left, picture)
    row = np.asarray(scores)
    order = row.argsort()[::-1][:10]
    _bars(right, [_name(names, n) for n in order], [float(row[n]) for n in order])
    return figure


def _bars(axes: Axes, names: Sequence[str], values: Sequence[float]) -> None:
    axes.barh(range(len(names)), values, color=fig.ACCENT, height=0.7)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    _plain(axes)


def _plain(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8, colors=fig.INK)


def _scale(figure: Figure, drawn: object, axes: Axes) -> None:
    bar = figure.colorbar(drawn, ax=axes, shrink=0.75)  # type: ignore[arg-type]
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else str(number)
