"""Figures of what is inside: pictures in cells, written as PNG, SVG or a page."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgkernels import figures
from imgkernels.errors import FileProblem, unknown
from imgkernels.files.atomic import replace_file
from imgkernels.files.words import shown
from imgkernels.values import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".html")
INK, PALE, ACCENT = "#22272e", "#8a939e", "#d9480f"
_DPI = 150


def new(width: float, height: float, title: str = "") -> Figure:
    """Return an empty figure with a title, sizes in inches."""
    figure = figures.new(width, height)
    if title:
        figure.suptitle(title, fontsize=11, color=INK, fontweight="bold")
    return figure


def picture(axes: Axes, x: Array, title: str = "", *, size: float = 8, **options: Any) -> Any:
    """Draw an array as an image: pixels as squares, no ticks, a small title."""
    shown_ = x[..., 0] if x.ndim == 3 and x.shape[-1] == 1 else x
    answer = axes.imshow(shown_, interpolation="nearest", **({"cmap": "gray"} | options))
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color("#d0d5da")
        side.set_linewidth(0.6)
    if title:
        axes.set_title(title, fontsize=size, color=INK, pad=3)
    return answer


def grid(
    count: int, title: str, *, columns: int = 8, cell: float = 1.0, head: float = 0.45
) -> tuple[Figure, list[Axes]]:
    """Return a figure of cells in rows; those that are too many are left blank."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure = new(max(2.6, columns * cell), rows * cell + head, title)
    cells = list(np.atleast_1d(figure.subplots(rows, columns, squeeze=False)).ravel())
    for axes in cells[count:]:
        axes.set_axis_off()
    return figure, cells[:count]


def mosaic(axes: Axes, count: int, columns: int) -> Iterator[Callable[..., None]]:
    """Yield a painter for each of many cells in one pair of axes: as many axes would take seconds.

    A painter takes an array, a title, and options of imshow.
    """
    axes.set_axis_off()
    for place in range(count):
        row, column = divmod(place, columns)
        yield partial(_paint, axes, row, column)
    axes.set_xlim(0, columns)
    axes.set_ylim(-(-count // columns), 0)


def _paint(axes: Axes, row: int, column: int, x: Array, title: str = "", **options: Any) -> None:
    """Draw an array in a cell, as large as fits with its pixels square."""
    from matplotlib.patches import Rectangle

    flat = x[..., 0] if x.ndim == 3 and x.shape[-1] == 1 else x
    pixel = min(0.9 / flat.shape[1], (0.8 if title else 0.9) / flat.shape[0])
    width, height = flat.shape[1] * pixel, flat.shape[0] * pixel
    left, bottom = column + (1 - width) / 2, row + 0.97
    where = (left, left + width, bottom, bottom - height)
    axes.imshow(flat, interpolation="nearest", extent=where, **({"cmap": "gray"} | options))
    corner = (left, bottom - height)
    axes.add_patch(Rectangle(corner, width, height, fill=False, ec="#d0d5da", lw=0.6))
    top = bottom - height - 0.03
    axes.text(column + 0.5, top, title, fontsize=7, color=INK, ha="center", va="bottom")


def save(figure: Figure, path: str | Path, title: str = "") -> None:
    """Write a figure as the suffix says, whole or not at all; raise `FileProblem`."""
    check_path(path)
    suffix = Path(path).suffix.lower()
    data = _page(figure, title) if suffix == ".html" else figures.drawn(figure, suffix[1:], _DPI)
    try:
        replace_file(Path(path), data)
    except FileProblem as error:
        raise FileProblem(f"{shown(str(path))}: {error}") from error.__cause__


def check_path(path: str | Path) -> None:
    """Refuse what no figure can be written to, before anything is computed."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise unknown("format of figures", suffix or str(path), SUFFIXES)
    if not Path(path).parent.is_dir():
        raise FileProblem(f"{shown(str(path))}: there is no folder {Path(path).parent}")


def _page(figure: Figure, title: str) -> bytes:
    picture = base64.b64encode(figures.drawn(figure, "png", _DPI)).decode()
    name = html.escape(title or "imgkernels")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{name}</title>'
        "<style>body{margin:2rem auto;max-width:72rem;font-family:system-ui,sans-serif;"
        "color:#22272e}img{max-width:100%;height:auto}</style>"
        f'<h1>{name}</h1><img alt="{name}" src="data:image/png;base64,{picture}"></html>\n'
    ).encode()
