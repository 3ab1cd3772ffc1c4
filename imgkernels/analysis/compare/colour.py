"""Filters over red, green and blue taken apart: their pattern, and how much of them is colour.

Luminance is the sum of the colours, opponency what is left: red against green, and yellow against
blue, as the axes of the opponent colour space.
Source: van de Sande, Gevers and Snoek, Evaluating color descriptors for object and scene
recognition, 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.analysis.compare.chances import Evidence, tail_of_share
from imgkernels.taps import Taps

# fmt: off
_AXES = np.array([
    [1,  1,  1],   # luminance
    [1, -1,  0],   # red against green
    [1,  1, -2],   # yellow against blue
]) / np.sqrt([[3], [2], [6]])
# fmt: on


@dataclass(frozen=True)
class Colours:
    """How a filter's energy lies in its colours; the three shares sum to 1.

    `mix` is the weight of red, green and blue in its strongest pattern, which has `share` of the
    energy.
    """

    luminance: Evidence
    red_green: float
    yellow_blue: float
    mix: tuple[float, float, float]
    share: float

    @property
    def opponency(self) -> float:
        """The share of the energy that is no luminance; 2/3 by chance."""
        return 1 - self.luminance.value

    @property
    def word(self) -> str:
        """What it is, where that is no chance."""
        if not self.luminance.found:
            return ""
        return "luminance" if self.luminance.value > self.luminance.by_chance else "opponent"


def pattern(kernel: Taps) -> Taps:
    """Return the strongest pattern of a filter (*window, 3), with its energy; brighter is up."""
    rows, sizes, mixes = _parts(kernel)
    found: Taps = (rows[:, 0] * sizes[0] * _sign(mixes[0])).reshape(kernel.shape[:-1])
    return found


def colours(kernel: Taps) -> Colours:
    """Measure a filter (*window, 3) that is not 0, and hold it against random ones.

    Too much luminance and too little are both uncommon: the p-value is of either side.
    """
    flat = kernel.reshape(-1, 3) / np.abs(kernel).max()
    energy = (flat**2).sum()
    light, red_green, yellow_blue = (((flat @ axis) ** 2).sum() / energy for axis in _AXES)
    more = tail_of_share(float(light), len(flat), flat.size)
    less = tail_of_share(float(red_green + yellow_blue), 2 * len(flat), flat.size)
    _, sizes, mixes = _parts(flat)
    mix = mixes[0] * _sign(mixes[0])
    return Colours(
        Evidence(float(light), 1 / 3, min(1.0, 2 * min(more, less))),
        float(red_green),
        float(yellow_blue),
        (float(mix[0]), float(mix[1]), float(mix[2])),
        float(sizes[0] ** 2 / energy),
    )


def _parts(kernel: Taps) -> tuple[Taps, Taps, Taps]:
    rows, sizes, mixes = np.linalg.svd(kernel.reshape(-1, 3), full_matrices=False)
    return rows, sizes, mixes


def _sign(mix: Taps) -> float:
    """Return the sign that makes a mix add light, or its largest colour, where it adds none."""
    total = float(mix.sum())
    return 1.0 if (total if abs(total) > 1e-9 else mix[np.abs(mix).argmax()]) > 0 else -1.0
