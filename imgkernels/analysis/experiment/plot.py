"""An experiment as a figure: the banks as pictures, beside them every seed's accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgkernels.analysis.experiment.frozen import Experiment, Outcome
from imgkernels.nn.inside import figure as fig

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 9  # kernels of a bank
_CELL = 0.42  # inches a side


def plot(experiment: Experiment, title: str = "") -> Figure:
    """Draw a row for each bank, the best on top: its kernels, a dot for each seed, the mean."""
    ranked = sorted(experiment.outcomes, key=lambda outcome: outcome.mean, reverse=True)
    wide = _SHOWN * _CELL
    figure = fig.new(wide + 5.6, 0.95 + _CELL * len(ranked), title)
    left, right = figure.subplots(1, 2, width_ratios=[wide, 3.6])
    _pictures(left, ranked)
    for row, outcome in enumerate(ranked):
        percent = [100 * share for share in outcome.accuracies]
        right.plot(percent, [row] * len(percent), "o", color=fig.PALE, ms=5, mew=0, alpha=0.8)
        right.plot([100 * outcome.mean], [row], "|", color=fig.ACCENT, ms=18, mew=2.2)
    right.set_yticks(range(len(ranked)), [_label(outcome) for outcome in ranked], fontsize=8)
    right.yaxis.tick_right()
    right.set_ylim(len(ranked) - 0.5, -0.5)
    right.set_xlabel("accuracy on the test pictures (%): seeds, and their mean", fontsize=8)
    right.tick_params(labelsize=8, length=0)
    right.grid(axis="x", color="#e5e8eb", lw=0.7)
    for side in right.spines.values():
        side.set_visible(False)
    return figure


def _label(outcome: Outcome) -> str:
    return f"{outcome.name}  {outcome.mean:.2%} ± {100 * outcome.spread:.2f}"


def _pictures(axes: Axes, ranked: list[Outcome]) -> None:
    """Draw each bank's kernels in the row of its dots, the mean over channels, 0 in the middle."""
    painters = list(fig.mosaic(axes, _SHOWN * len(ranked), _SHOWN))
    for row, outcome in enumerate(ranked):
        planes = outcome.bank.mean(axis=2)
        scale = float(abs(planes).max()) or 1.0
        for column in range(min(_SHOWN, planes.shape[-1])):
            paint = painters[row * _SHOWN + column]
            paint(planes[..., column], vmin=-scale, vmax=scale)
    axes.set_aspect("auto")  # the rows are those of the dots
