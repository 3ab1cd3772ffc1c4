"""A finding in plain words; every number in them is one of the fields."""

from __future__ import annotations

import math

from imgkernels.analysis.design.fit import Fit
from imgkernels.analysis.design.rivals import Rival, better


def sentence(
    fits: tuple[Fit, ...], tried: tuple[Rival, ...], white: float, called: tuple[str, ...]
) -> str:
    """Say whether kernels explain the pair, by how much not, what does better, and their names."""
    worst = max(fits, key=lambda fit: fit.noise / (fit.allowed or 1.0))
    parts = [_refused(worst, tried, white) if tried else _found(fits, worst)]
    clipped, windows = (sum(getattr(f, name) for f in fits) for name in ("clipped", "windows"))
    if clipped:
        every = clipped + windows
        share = clipped / every
        parts.append(f"{clipped} of {every} answers ({share:.1%}) are at a limit and left out.")
    if not all(fit.determined for fit in fits):
        parts.append("The pictures do not determine every tap: those are the ones of least norm.")
    if len(called) == 1:
        parts.append(f"It is {called[0]}.")
    parts += [f"Channel {n} is {name}." for n, name in enumerate(called, 1) if len(called) > 1]
    return " ".join(parts)


def _found(fits: tuple[Fit, ...], worst: Fit) -> str:
    fit = fits[0]
    what = (
        f"One {_size(fit)} kernel explains"
        if len(fits) == 1
        else (f"{len(fits)} kernels of {_size(fit)}, one for each channel, explain")
    )
    sure = max(float(f.confidence.max()) for f in fits)
    within = f"; every tap is known within {sure:.2g}" if math.isfinite(sure) else ""
    return f"{what} the pair: what is left, {worst.noise:.2g}, is rounding{within}."


def _refused(worst: Fit, tried: tuple[Rival, ...], white: float) -> str:
    said = (
        f"No single linear kernel of this size explains the pair: the best one leaves "
        f"{worst.noise:.3g} ({worst.noise / white:.2%} of white, {worst.share:.1%} of the "
        f"contrast explained), and rounding would leave {worst.allowed:.2g} at most."
    )
    rival = better(tried)
    if rival is None:
        return f"{said} A curve, a median or clipping does no better."
    name = rival.name[:1].upper() + rival.name[1:]
    return f"{said} {name} does better: it leaves {rival.noise:.3g}."


def _size(fit: Fit) -> str:
    return " x ".join(map(str, fit.confidence.shape))
