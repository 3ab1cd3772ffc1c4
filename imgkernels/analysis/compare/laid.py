"""What a name looks like in a kernel's window: turned, shifted and scaled as it was found."""

from __future__ import annotations

import math

import numpy as np

from imgkernels.analysis.identify import fits
from imgkernels.analysis.identify.bank import proper_turns, trimmed, turned_anchor
from imgkernels.analysis.identify.lay import STEERED, TURNED, Match
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps


def laid(match: Match, kernel: Kernel) -> Taps:
    """Return a known kernel as it lies in the window, times its scale; zeros around it."""
    taps, anchor = trimmed(match.known.kernel)
    if match.how == TURNED:
        turn = next(t for t in proper_turns(taps.ndim) if str(t) == match.words)
        anchor, taps = turned_anchor(anchor, taps.shape, turn), turn.of(taps)
    elif match.how == STEERED:
        angle = math.radians(match.degrees)
        taps = math.cos(angle) * taps + math.sin(angle) * np.rot90(taps)
    window = np.zeros(kernel.shape)
    places = zip(kernel.anchor, match.shift, anchor, taps.shape, strict=True)
    window[tuple(slice(at + off - a, at + off - a + n) for at, off, a, n in places)] = taps
    return window * match.scale


def laid_shape(shape: fits.Shape, kernel: Kernel) -> Taps:
    """Return a fitted shape, with its best phase and weights, in the window it was fitted to."""
    v, places = shape.values, fits.places_of(kernel.shape)
    match shape.name:
        case "gaussian":
            basis = fits.gaussian_basis(places, np.array([v["sigma"]]))
        case "gaussian derivative":
            maker = fits.first_basis if v["order"] == 1 else fits.second_basis
            basis = maker(places, np.array([v["sigma"]]))
        case "difference of gaussians":
            wider = v["sigma_wide"] / v["sigma"] - 1.05
            basis = fits.difference_basis(places, np.array([v["sigma"], wider]))
        case _:
            wave = [v["sigma"], v["gamma"], math.radians(v["theta"]), 1 / v["wavelength"]]
            basis = fits.gabor_basis(places, np.array(wave))
    mix = np.linalg.lstsq(basis, kernel.taps.ravel(), rcond=None)[0]
    taps: Taps = (basis @ mix).reshape(kernel.shape)
    return taps
