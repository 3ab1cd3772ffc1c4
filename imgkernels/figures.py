"""Figures without a window: matplotlib's Agg, no pyplot, so that nothing global is touched."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from imgkernels.errors import MissingDependency

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def new(width: float, height: float) -> Figure:
    """Return an empty white figure, sizes in inches; raise `MissingDependency`."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency(
            'drawing takes matplotlib: pip install "imgkernels[plot]"'
        ) from None
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def drawn(figure: Figure, kind: str, dpi: int) -> bytes:
    """Return a figure as a file of a kind, png, svg or pdf; the same figure is the same file."""
    from matplotlib import rc_context

    out = BytesIO()
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    with rc_context({"svg.hashsalt": "imgkernels"}):  # else its names are random
        figure.savefig(out, format=kind, dpi=dpi, metadata=undated)
    return out.getvalue()
