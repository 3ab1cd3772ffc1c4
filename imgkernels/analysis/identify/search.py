"""Between the kernels of the bank: other values of their numbers, other angles, resampled turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from imgkernels import filters
from imgkernels.analysis.identify.bank import ANGLES, Known
from imgkernels.analysis.identify.lay import (
    FLOOR,
    REMADE,
    RESAMPLED,
    STEERED,
    Match,
    Query,
    laid_alone,
)
from imgkernels.errors import ImgkernelsError
from imgkernels.kernel import Kernel
from imgkernels.operations import Frame
from imgkernels.param import Knob
from imgkernels.taps import Taps

_MOST = 4  # candidates that are searched around
_LEAST, _LEAST_ANGLE = 0.8, 0.5  # from what cosine on; what has an angle lies further off it
_MANY = 3  # numbers that are searched at once; of more only the angle, `shapes` fit the rest
_FEWEST = 9  # taps of a query: with fewer, any number would do
_LEAST_TAPS = 25  # of a kernel that is resampled: fewer do not say what lies between them
_BETTER = 0.7  # of the residual before: what a search must reach to be worth its freedom
_ENOUGH = 1e-6  # a residual that is not searched further
_STEPS = 13  # angles that are tried before the search
_DEPTHS = (np.uint8, np.float64)  # which decide where bells are cut off
_UNTUNED = ("offset", "threshold", "sigma_y", "sigma_z")


def searched(query: Query, found: Sequence[Match]) -> Iterator[Match]:
    """Search around the nearest: a filter with numbers is made anew, others are resampled."""
    if query.taps.size < _FEWEST:
        return
    for match in [m for m in found if _worth(m)][:_MOST]:
        if match.residual <= FLOOR:
            return
        if _numbers(match.known):
            better = _remade(query, match)
        elif query.taps.ndim == 2 and match.known.kernel.size >= _LEAST_TAPS:
            better = _resampled(query, match)
        else:
            continue
        if better is not None:
            yield better
            if better.residual <= _ENOUGH:
                return


def _worth(match: Match) -> bool:
    """Tell whether something near this may be nearer; banks have what is between them."""
    least = _LEAST_ANGLE if match.known.angle else _LEAST
    return match.how != STEERED and match.known.count <= 2 and abs(match.cosine) >= least


def turned(kernel: Kernel, degrees: float) -> Kernel:
    """Return a kernel of two axes turned about the middle of its window, by cubic splines."""
    from scipy import ndimage

    side = math.ceil(math.hypot(*kernel.shape)) | 1
    before = [(side - n) // 2 for n in kernel.shape]
    margins = [(b, side - n - b) for b, n in zip(before, kernel.shape, strict=True)]
    taps = ndimage.rotate(np.pad(kernel.taps, margins), degrees, reshape=False, order=3)
    size = max(kernel.shape)
    cut = (side - size) // 2
    return Kernel(taps[cut : cut + size, cut : cut + size])


def _resampled(query: Query, match: Match) -> Match | None:
    from scipy.optimize import minimize_scalar

    def best(degrees: float) -> Match | None:
        return laid_alone(query, match.known, turned(match.known.kernel, degrees), degrees)

    left = _residual_of(best)
    middle = min(np.linspace(match.degrees - 45, match.degrees + 45, _STEPS), key=left)
    width = 90 / (_STEPS - 1)
    end = minimize_scalar(left, bounds=(middle - width, middle + width), method="bounded")
    found = best(float(end.x))
    if found is None or found.residual >= _BETTER * match.residual:
        return None
    return replace(found, how=RESAMPLED, degrees=float(end.x) % 360)


def _remade(query: Query, match: Match) -> Match | None:
    """Find the values of a filter's numbers whose kernel is nearest."""
    from scipy.optimize import minimize

    known, knobs = match.known, _numbers(match.known)
    best: Match | None = None
    for dtype in _DEPTHS:
        for start in _starts(match, knobs, query.taps.shape[-1]):

            def left(values: Taps, dtype: type = dtype) -> float:
                made = _made(query, known, knobs, values, dtype)
                return 2.0 if made is None else made.residual

            if left(np.asarray(start)) > 1:
                continue
            options = {"xatol": 1e-7, "fatol": 1e-10, "maxiter": 150 * len(knobs)}
            end = minimize(left, start, method="Nelder-Mead", options=options)
            made = _rounded(query, known, knobs, end.x, dtype)
            if made is not None and (best is None or made.residual < best.residual):
                best = made
            if best is not None and best.residual <= _ENOUGH:
                return best
    return best if best is not None and best.residual < _BETTER * match.residual else None


def _numbers(known: Known) -> tuple[Knob, ...]:
    """Return the parameters of a filter that bend its kernel: numbers, angles among them."""
    entry = filters.get(known.filter)
    found = [k for k in entry.params if k.kind == "number" and k.name not in _UNTUNED]
    return tuple(found if len(found) <= _MANY else [k for k in found if k.name in ANGLES])


def _starts(match: Match, knobs: Sequence[Knob], width: int) -> Iterator[list[float]]:
    """Yield where to search from: what the match has, and widths that suit the window."""
    given = dict(match.known.given)
    usual = [given.get(k.name, k.default) for k in knobs]
    widths = {"sigma", "length", "radius", "sigma_wide"}
    shares = {"sigma": (1 / 6, 1 / 8, 1 / 12), "sigma_wide": (1 / 6, 1 / 8, 1 / 8)}
    shares |= {"length": (1.0, 0.9, 0.8), "radius": (1 / 2, 0.45, 0.4)}
    yield [float(value or 0.0) for value in usual]
    for i in range(3 if any(k.name in widths for k in knobs) else 0):
        yield [
            width * shares[k.name][i] if k.name in widths else float(value or 0.0)
            for k, value in zip(knobs, usual, strict=True)
        ]


def _made(
    query: Query, known: Known, knobs: Sequence[Knob], values: Taps, dtype: type
) -> Match | None:
    """Lay the filter's kernel with these values; None for what it refuses or is too wide."""
    numbers = {k.name: float(v) for k, v in zip(knobs, values, strict=True)}
    numbers |= {name: numbers[name] % 360 for name in ANGLES if name in numbers}
    given = dict(known.given) | numbers
    entry = filters.get(known.filter)
    try:
        operation = entry.operation(Frame(query.taps.ndim, np.dtype(dtype), 1.0), **given)
    except ImgkernelsError:
        return None
    kernels = operation.kernels
    if len(kernels) < known.number or kernels[known.number - 1].size > 4 * query.taps.size:
        return None
    order = {knob.name: i for i, knob in enumerate(entry.params)}
    changed = tuple(sorted(given.items(), key=lambda item: order[item[0]]))
    exact = replace(known, given=changed, kernel=kernels[known.number - 1])
    found = laid_alone(query, exact, exact.kernel, numbers.get(known.angle or "", 0.0))
    return found and replace(found, how=REMADE)


def _rounded(
    query: Query, known: Known, knobs: Sequence[Knob], values: Taps, dtype: type
) -> Match | None:
    """Lay the kernel with as few digits in its values as do nearly as well."""
    exact = _made(query, known, knobs, values, dtype)
    if exact is None:
        return None
    for digits in range(1, 8):
        shorter = np.array([float(f"{value:.{digits}g}") for value in values])
        found = _made(query, known, knobs, shorter, dtype)
        if found is not None and found.residual <= 1.02 * exact.residual + 1e-7:
            return found
    return exact


def _residual_of(best: Callable[[float], Match | None]) -> Callable[[float], float]:
    def left(value: float) -> float:
        found = best(value)
        return 2.0 if found is None else found.residual

    return left
