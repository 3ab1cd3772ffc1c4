"""Between the kernels of the bank: other values of their numbers, other angles, resampled turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from imgkernels import filters
from imgkernels.analysis.identify.bank import ANGLES, Known, known_kernels
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
_LEAST, _LEAST_ANGLE = 0.8, 0.5  # from what cosine on; wide ones and angles lie further apart
_MANY = 3  # numbers that are searched at once; of more only the angle, `shapes` fit the rest
_FEWEST = 9  # taps of a query: with fewer, any number would do
_WIDE = 49  # taps of a query from which filters are tried that are nothing near as they are
_LEAST_TAPS = 25  # of a kernel that is resampled: fewer do not say what lies between them
_CHANCE = 0.001  # that numbers which mean nothing make a residual as much smaller
_DIRECTIONS = tuple(45.0 * i for i in range(8))
# Shares of the window's width that widths are searched from.
_WIDTHS = {
    "sigma": (1 / 6, 1 / 8, 1 / 10, 1 / 13),
    "length": (1.0, 0.9, 0.8, 0.7),
    "radius": (0.5, 0.45, 0.4, 0.35),
}
_ENOUGH = 1e-6  # a residual that is not searched further
_STEPS = 13  # angles that are tried before the search
_DEPTHS = (np.uint8, np.float64)  # which decide where bells are cut off
_UNTUNED = ("offset", "threshold")


def searched(query: Query, found: Sequence[Match]) -> Iterator[Match]:
    """Search around the nearest: a filter with numbers is made anew, others are resampled."""
    if query.taps.size < _FEWEST or (found and found[0].residual <= FLOOR):
        return
    wide = query.taps.size >= _WIDE
    near = [*found, *(_seeds(query) if wide else ())]
    near.sort(key=lambda match: match.residual)
    nearest = min((match.residual for match in found), default=1.0)
    for match in _firsts(m for m in near if _worth(m, wide)):
        numbers = len(_numbers(match.known))
        if numbers:
            better = _remade(query, match)
        elif query.taps.ndim == 2 and match.known.kernel.size >= _LEAST_TAPS:
            better, numbers = _resampled(query, match), 1
        else:
            continue
        if better is not None and _by_no_chance(better, nearest, query.taps.size, numbers):
            yield better
            if better.residual <= _ENOUGH:
                return


def _firsts(near: Iterable[Match]) -> list[Match]:
    """Return the first ones, one for each filter."""
    kept: dict[str, Match] = {}
    for match in near:
        kept.setdefault(match.known.filter, match)
    return list(kept.values())[:_MOST]


def _worth(match: Match, wide: bool) -> bool:
    """Tell whether something near this may be nearer; banks have what is between them."""
    least = _LEAST_ANGLE if match.known.angle or wide else _LEAST
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
    return found and replace(found, how=RESAMPLED, degrees=float(end.x) % 360)


def _remade(query: Query, match: Match) -> Match | None:
    """Find the values of a filter's numbers whose kernel is nearest."""
    from scipy.optimize import minimize

    known, knobs = match.known, _numbers(match.known)
    best: Match | None = None
    for dtype in _DEPTHS:
        for start in _starts(known, knobs, max(query.taps.shape)):

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
    return best


def _by_no_chance(better: Match, nearest: float, taps: int, numbers: int) -> bool:
    """Tell whether a residual is smaller by more than so many numbers fit to noise (an F test)."""
    from scipy.special import betainc

    left = taps - 1 - numbers
    if left <= 0 or better.residual >= nearest:
        return better.residual <= _ENOUGH < nearest
    share = (better.residual / nearest) ** 2
    return bool(betainc(left / 2, numbers / 2, share) <= _CHANCE)


def _numbers(known: Known) -> tuple[Knob, ...]:
    """Return the parameters of a filter that bend its kernel: numbers, angles among them."""
    entry = filters.get(known.filter)
    numbers = (k for k in entry.params if k.kind == "number" and k.default is not None)
    found = [k for k in numbers if k.name not in _UNTUNED]
    return tuple(found if len(found) <= _MANY else [k for k in found if k.name in ANGLES])


def _starts(known: Known, knobs: Sequence[Knob], width: int) -> Iterator[list[float]]:
    """Yield where to search from: what the kernel has, and widths that suit the window."""
    given = dict(known.given)
    usual = [float(given.get(k.name, k.default)) for k in knobs]
    yield usual
    for i in range(len(_WIDTHS["sigma"]) if any(k.name in _WIDTHS for k in knobs) else 0):
        yield [
            width * _WIDTHS[k.name][i] if k.name in _WIDTHS else value
            for k, value in zip(knobs, usual, strict=True)
        ]


def _seeds(query: Query) -> Iterator[Match]:
    """Yield the nearest start of every filter with numbers, in eight directions if it has one."""
    for known in known_kernels(query.taps.ndim):
        knobs = _numbers(known)
        angles = [i for i, knob in enumerate(knobs) if knob.name in ANGLES]
        plain = not set(dict(known.given)) - set(ANGLES) - {"order"} and known.count == 1
        if not knobs or not plain or (angles and dict(known.given).get(known.angle or "")):
            continue
        starts = [
            [degrees if i in angles else value for i, value in enumerate(start)]
            for start in _starts(known, knobs, max(query.taps.shape))
            for degrees in (_DIRECTIONS if angles else (0.0,))
        ]
        made = (_made(query, known, knobs, np.asarray(s), t) for s in starts for t in _DEPTHS)
        best = min((m for m in made if m is not None), key=lambda m: m.residual, default=None)
        if best is not None:
            yield best


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
