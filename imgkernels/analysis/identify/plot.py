"""A kernel in six pictures: taps, response, profile, and what it makes of three inputs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from imgkernels import figures
from imgkernels.analysis.identify.frequency import spectrum
from imgkernels.engine import correlate
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

if TYPE_CHECKING:
    from imgkernels.analysis.identify.verb import Identity

_DPI = 110
_SIDE = 129  # of the frequency response
_ZONE = 256  # px, the side of the zone plate
_FEW = 9  # taps on an axis up to which they are written into their cells
_INK, _PALE, _LINE, _SECOND = "#222222", "#888888", "#c8502d", "#2d6ea8"


def plot(found: Identity, format: Literal["png", "svg", "pdf"] = "png") -> bytes:
    """Draw a kernel of one or two axes, or the middle plane of one of three; needs matplotlib."""
    kernel = _plane(found.examination.kernel)
    figure = figures.new(12, 8.2)
    figure.suptitle(_wrapped(found.sentence), fontsize=12, color=_INK, x=0.01, ha="left")
    axes = figure.subplots(2, 3)
    _taps(figure, axes[0, 0], kernel)
    _response(figure, axes[0, 1], kernel)
    _profile(axes[0, 2], kernel)
    _impulse(figure, axes[1, 0], kernel)
    _step(axes[1, 1], kernel)
    _zone(figure, axes[1, 2], kernel)
    return figures.drawn(figure, format, _DPI)


def zone_plate(side: int = _ZONE) -> Taps:
    """Return rings from black to white that get finer outwards, to the finest stripes at the rim.

    Every frequency and direction is somewhere in it, so a filter's answer shows its response.
    """
    x = np.arange(side) - (side - 1) / 2
    squares = x[:, np.newaxis] ** 2 + x**2
    rings: Taps = 0.5 + 0.5 * np.cos(math.pi * squares / side)
    return rings


def _plane(kernel: Kernel) -> Kernel:
    if kernel.ndim == 1:
        return Kernel(kernel.taps[np.newaxis], (0, *kernel.anchor))
    if kernel.ndim == 3:
        middle = kernel.taps[kernel.anchor[0]]
        return Kernel(middle, kernel.anchor[1:])
    return kernel


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 120))


def _image(figure: Any, axes: Any, values: Taps, title: str, **options: Any) -> None:
    """Show signed values in blue and orange around 0, with a scale beside them."""
    most = float(np.abs(values).max()) or 1.0
    shown = axes.imshow(values, cmap=_cmap(), vmin=-most, vmax=most, **options)
    axes.set_title(title, fontsize=10, color=_INK)
    bar = figure.colorbar(shown, ax=axes, fraction=0.046, pad=0.03)
    bar.ax.tick_params(labelsize=7, colors=_PALE)
    bar.outline.set_visible(False)
    axes.tick_params(labelsize=7, colors=_PALE)
    for side in axes.spines.values():
        side.set_color("#cccccc")


def _cmap() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "signed", ["#1f4e8c", "#7fb0e0", "#ffffff", "#f5b271", "#b5420f"]
    )


def _taps(figure: Any, axes: Any, kernel: Kernel) -> None:
    rows, columns = kernel.shape
    y, x = kernel.anchor
    extent = (-x - 0.5, columns - x - 0.5, rows - y - 0.5, -y - 0.5)
    _image(figure, axes, kernel.taps, "taps (0, 0 is the pixel)", extent=extent, aspect="equal")
    _whole_ticks(axes)
    if max(kernel.shape) <= _FEW:
        most = float(np.abs(kernel.taps).max()) or 1.0
        size = 11 if max(kernel.shape) <= 5 else 7
        for at, tap in np.ndenumerate(kernel.taps):
            ink = "white" if abs(tap) > 0.75 * most else _INK
            place = at[1] - x, at[0] - y
            axes.text(*place, f"{tap:.3g}", ha="center", va="center", fontsize=size, color=ink)


def _whole_ticks(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, integer=True))


def _response(figure: Any, axes: Any, kernel: Kernel) -> None:
    f = np.linspace(-0.5, 0.5, _SIDE)
    gains = np.abs(spectrum(kernel, [f, f]))
    shown = axes.imshow(gains, cmap="magma", extent=(-0.5, 0.5, 0.5, -0.5), vmin=0)
    bar = figure.colorbar(shown, ax=axes, fraction=0.046, pad=0.03)
    bar.ax.tick_params(labelsize=7, colors=_PALE)
    bar.outline.set_visible(False)
    axes.set_title("gain by frequency (cycles per px)", fontsize=10, color=_INK)
    axes.tick_params(labelsize=7, colors=_PALE)


def _profile(axes: Any, kernel: Kernel) -> None:
    """Draw the gain along x, y and the diagonal."""
    f = np.linspace(0, 0.5, 257)
    along_x = np.abs(spectrum(kernel, [np.zeros(1), f]))[0]
    along_y = np.abs(spectrum(kernel, [f, np.zeros(1)]))[:, 0]
    diagonal = np.abs(np.diag(spectrum(kernel, [f / math.sqrt(2), f / math.sqrt(2)])))
    axes.plot(f, along_x, color=_LINE, label="along x", lw=1.8)
    axes.plot(f, along_y, color=_SECOND, label="along y", lw=1.8, ls=(0, (5, 2)))
    axes.plot(f, diagonal, color=_PALE, label="diagonal", lw=1.2)
    _lines(axes, "profile of the gain", "cycles per px")


def _impulse(figure: Any, axes: Any, kernel: Kernel) -> None:
    reach = max(kernel.shape) + 1
    impulse = np.zeros((2 * reach + 1,) * 2)
    impulse[reach, reach] = 1
    answer = correlate(impulse, kernel, border="constant")
    cut = slice(reach - max(kernel.shape) // 2 - 1, reach + max(kernel.shape) // 2 + 2)
    edge = max(kernel.shape) // 2 + 1.5
    extent = (-edge, edge, edge, -edge)
    _image(figure, axes, answer[cut, cut], "a bright pixel becomes", extent=extent)
    _whole_ticks(axes)


def _step(axes: Any, kernel: Kernel) -> None:
    """Draw what becomes of a step from black to white along each axis."""
    reach = 2 * max(kernel.shape) + 4
    x = np.arange(-reach, reach + 1)
    for axis, (name, colour, dashes) in enumerate(
        (("along y", _SECOND, (0, (5, 2))), ("along x", _LINE, "-"))
    ):
        row = kernel.taps.sum(axis=1 - axis)
        answer = correlate(
            (x >= 0).astype(np.float64), Kernel(row, kernel.anchor[axis]), border="replicate"
        )
        axes.plot(x, answer, color=colour, label=name, lw=1.8, ls=dashes)
    axes.step(x, (x >= 0).astype(float), color="#cccccc", where="mid", label="the step", lw=1)
    limit = max(kernel.shape) + 2
    axes.set_xlim(-limit, limit)
    _lines(axes, "a step from black to white becomes", "px")


def _zone(figure: Any, axes: Any, kernel: Kernel) -> None:
    answer = correlate(zone_plate(), kernel, border="symmetric")
    if kernel.order == 0:
        white = max(1.0, abs(kernel.sum))
        axes.imshow(answer, cmap="gray", vmin=0, vmax=white, interpolation="bilinear")
        axes.set_title("a zone plate becomes", fontsize=10, color=_INK)
    else:
        _image(figure, axes, answer, "a zone plate becomes", interpolation="bilinear")
    axes.set_xticks([])
    axes.set_yticks([])


def _lines(axes: Any, title: str, unit: str) -> None:
    axes.set_title(title, fontsize=10, color=_INK)
    axes.set_xlabel(unit, fontsize=8, color=_PALE)
    axes.tick_params(labelsize=7, colors=_PALE)
    axes.axhline(0, color="#bbbbbb", lw=0.8, zorder=0)
    axes.grid(color="#eeeeee", lw=0.6)
    axes.legend(fontsize=8, frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#cccccc")
