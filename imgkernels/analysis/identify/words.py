"""A kernel in a plain sentence, and the facts beside it; each number in it is one of the fields."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from imgkernels.analysis.identify.fits import Shape
from imgkernels.analysis.identify.lay import (
    AS_IT_IS,
    REMADE,
    RESAMPLED,
    STEERED,
    TURNED,
    Match,
)

if TYPE_CHECKING:
    from imgkernels.analysis.identify.verb import Identity

EXACT = 1e-6  # of the norm: what is nearer is called exact
_ORDERS = ("", "First", "Second", "Third", "Fourth")
_AXES = {0: "x", 90: "-y (up)", 180: "-x", 270: "y (down)"}
_EVEN = 0.05  # unevenness up to which a response is called the same in all directions
_FAR = 0.5  # fits that leave more are not worth a line
_WAVES = 25  # taps that a wave needs to be one
_ROUND = 0.02  # widths that differ by less are called one


def sentence(found: Identity) -> str:
    """Say what a kernel does, and what it is called or that it has no name."""
    return f"{what(found)}: {called(found)}."


def what(found: Identity) -> str:
    """Say what a kernel does to a picture."""
    if _tuned(found):
        wave, angle = number(1 / math.hypot(*found.frequency.at)), found.frequency.direction
        return f"Answers to waves of {wave} px that run at {number(angle)} degrees"
    if found.order == 0:
        return _order_0(found)
    if found.order > 4:
        return "No derivative of any order below 5, though flat areas turn to 0"
    ordinal = f"{_ORDERS[found.order]}-order derivative"
    along = _along(found)
    gain = "" if math.isnan(found.gain) else f", gain {number(found.gain)}"
    return f"{ordinal}{along}{gain}"


def called(found: Identity) -> str:
    """Say what a kernel is called: exactly so, so far away, or not at all."""
    match found.name:
        case Match():
            return _match(found.name)
        case Shape():
            return _shape(found.name)
    if not found.matches:
        return "no known kernel is as small"
    near = found.matches[0]
    return (
        f"no known kernel; the nearest, {near.name}, is {share(near.residual)} away, and of "
        f"random kernels {share(near.chance)} come as near"
    )


def number(value: float) -> str:
    """Return a value with four digits at most.

    >>> number(8.0), number(-0.0312)
    ('8', '-0.0312')
    """
    return f"{value + 0.0:.4g}"


def share(value: float) -> str:
    """Return a share as percent with two digits.

    >>> share(0.0317), share(0.000013)
    ('3.2 %', '0.0013 %')
    """
    return f"{100 * value:.2g} %" if value < 0.995 else f"{100 * value:.0f} %"


def _tuned(found: Identity) -> bool:
    """Tell whether it is known, and answers to waves of less than an octave in one direction."""
    low, high = found.frequency.band
    narrow = 0 < low < high < 2 * low and not math.isnan(found.frequency.direction)
    return narrow and found.name is not None and found.examination.kernel.size >= _WAVES


def _order_0(found: Identity) -> str:
    exam = found.examination
    if exam.low == 0 and exam.sigma is not None:
        if max(exam.sigma) < 1e-9:
            return f"Multiplies by {number(exam.sum)}, and looks at no neighbour"
        even = max(exam.sigma) - min(exam.sigma) <= _ROUND * max(exam.sigma)
        widths = [max(exam.sigma)] if even else list(exam.sigma)
        said = " x ".join(map(number, widths))
        return f"Smooths like a Gaussian of sigma {said} px, sum {number(exam.sum)}"
    peak = found.frequency
    wave = math.hypot(*peak.at)
    if not wave:
        return (
            f"Weights of both signs: flat areas are multiplied by {number(exam.sum)}, most of all"
        )
    verb = "Sharpens" if abs(exam.sum - 1) <= _EVEN else "Weights of both signs"
    return (
        f"{verb}: flat areas are multiplied by {number(exam.sum)}, waves of "
        f"{number(1 / wave)} px by {number(peak.peak)}"
    )


def _along(found: Identity) -> str:
    if found.examination.kernel.ndim != 2:
        return _axis(found)
    if math.isnan(found.direction):
        even = found.frequency.unevenness
        return ", in all directions alike" if found.order == 2 and even <= _EVEN else ""
    place = found.direction % 360
    quarter = round(place / 90) * 90 % 360
    if found.order == 1 and abs(place - round(place / 90) * 90) < 1e-6:
        return f" along {_AXES[quarter]}"
    if found.order == 2 and abs(place - round(place / 90) * 90) < 1e-6:
        return f" along {'x' if quarter % 180 == 0 else 'y'}"
    return f" at {number(place)} degrees"


def _axis(found: Identity) -> str:
    """Say the axis of a first derivative of a volume, where it is one."""
    kernel = found.examination.kernel
    if kernel.ndim == 1 or found.order != 1:
        return ""
    slopes = [kernel.moment(*unit) / found.gain for unit in np.eye(3, dtype=int)]
    steepest = int(np.argmax(np.abs(slopes)))
    lone = abs(slopes[steepest]) > 1 - 1e-9
    return f" along {'-' if slopes[steepest] < 0 else ''}{'zyx'[steepest]}" if lone else ""


def _match(found: Match) -> str:
    times = "" if number(found.scale) == "1" else f" times {number(found.scale)}"
    turned = turned_words(found)
    also = f", the same as {', '.join(found.also)}" if found.also else ""
    moved = f", shifted by {', '.join(map(str, found.shift))} px" if any(found.shift) else ""
    if found.residual <= EXACT:
        return f"exactly {found.name}{times}{turned}{moved}{also}"
    return f"{share(found.residual)} away from {found.name}{times}{turned}{moved}{also}"


def turned_words(found: Match) -> str:
    """Say how the known kernel was turned, after its name; nothing where it was not."""
    if found.how in (AS_IT_IS, REMADE):
        return ""
    if found.how == TURNED and found.known.kernel.ndim != 2:
        return f" turned ({found.words})"
    how = {TURNED: "", STEERED: " (steered)", RESAMPLED: " (resampled)"}[found.how]
    return f" turned by {number(found.degrees)} degrees{how}"


def _shape(found: Shape) -> str:
    values = ", ".join(f"{name} {number(value)}" for name, value in found.values.items())
    if found.residual <= EXACT:
        return f"exactly a {found.name} ({values})"
    return f"{share(found.residual)} away from a {found.name} ({values})"


def facts(found: Identity) -> Iterator[tuple[str, str]]:
    """Yield what is known, a name and a line each."""
    peak = found.frequency
    names = "zyx"[-found.examination.kernel.ndim :]
    yield "gain at 0", number(peak.dc)
    pairs = reversed(list(zip(names, peak.nyquist, strict=True)))
    yield "finest stripes", ", ".join(f"{number(gain)} along {axis}" for axis, gain in pairs)
    at = ", ".join(
        f"{number(f)} along {n}" for n, f in reversed(list(zip(names, peak.at, strict=True)))
    )
    yield "largest gain", f"{number(peak.peak)} at {at} (cycles per px)"
    yield "half power", f"{number(peak.band[0])} to {number(peak.band[1])} cycles per px"
    if not math.isnan(peak.direction):
        yield "waves run", f"at {number(peak.direction)} degrees from x"
    if not math.isnan(peak.unevenness):
        yield "uneven around", f"{peak.unevenness:.2%} at 8 px"
    yield "noise that clips", f"{found.clipped:.1%} of even noise from black to white"
    for match in found.matches[:4]:
        times = f"times {number(match.scale)}{turned_words(match)}"
        yield "near", f"{match.name} {times}: {share(match.residual)} away"
    for shape in found.shapes:
        if shape.residual > _FAR:
            continue
        values = ", ".join(f"{name} {number(value)}" for name, value in shape.values.items())
        yield "fit", f"{shape.name} ({values}): {share(shape.residual)} away"
