"""Shapes with parameters laid on a kernel: Gaussians, their derivatives, differences, Gabors."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from imgkernels.analysis.identify.chance import chance_of
from imgkernels.analysis.identify.frequency import frequency
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

Basis = Callable[[Taps], Taps]
BasisAt = Callable[[Taps, Taps], Taps]  # of places and values
Within = Callable[[Taps], bool]
Starts = Sequence[tuple[float, ...]] | None  # where a search begins; None where it usually does

_LEAST, _MOST = 0.3, 60.0  # px: sigmas between which it is searched
_TRIED = 200  # shapes of one kind that count as different
_UNLIKE = 20.0  # times the other: a difference whose weights are further apart is none
_SPARE = 3  # taps for each free value: with fewer, anything fits
_STARTS = 6  # widths from which the search sets out


@dataclass(frozen=True)
class Shape:
    """A shape fitted to a kernel: `values` are its parameters in pixels and degrees.

    `residual` is the norm of what is left as a share of the kernel's, `chance` how often a random
    kernel of this window has as good a fit.
    """

    name: str
    values: dict[str, float]
    residual: float
    chance: float


def shapes(kernel: Kernel, order: int) -> tuple[Shape, ...]:
    """Fit every shape that has fewer parameters than the kernel has taps; nearest first."""
    found = [shape for shape in _fitted(kernel, order) if shape is not None]
    return tuple(sorted(found, key=lambda shape: shape.residual))


def refined(kernel: Kernel, name: str, start: tuple[float, ...]) -> Shape | None:
    """Fit one shape of two axes by its name, from values that are near already.

    A Gabor's bell stays within the window, its wave within two of them, and it is at most four
    times as long as wide: what the window does not show is not made up.
    """
    places, starts = places_of(kernel.shape), [start]
    side = max(kernel.shape)
    match name:
        case "gaussian":
            return _gaussian(kernel, places, starts)
        case "first derivative":
            return _derivative(kernel, places, 1, starts)
        case "second derivative":
            return _derivative(kernel, places, 2, starts)
        case "difference of gaussians":
            return _difference(kernel, places, starts)
    return _gabor(kernel, places, starts, partial(_seen, side))


def _seen(side: int, p: Taps) -> bool:
    sigma, gamma, _, waves = p
    return bool(abs(sigma) <= side and 0.25 <= abs(gamma) <= 4 and abs(waves) >= 0.5 / side)


def _fitted(kernel: Kernel, order: int) -> Iterator[Shape | None]:
    places = places_of(kernel.shape)
    yield _gaussian(kernel, places)
    if order in (1, 2) and kernel.ndim == 2:
        yield _derivative(kernel, places, order)
    yield _laplacian_of_gaussian(kernel, places)
    yield _difference(kernel, places)
    if kernel.ndim == 2:
        yield _gabor(kernel, places)


def places_of(shape: tuple[int, ...]) -> Taps:
    """Return the coordinates of the taps from the middle of the window, `(axes, taps)`."""
    middle = [(n - 1) / 2 for n in shape]
    grid = np.indices(shape).reshape(len(shape), -1).astype(np.float64)
    places: Taps = grid - np.asarray(middle)[:, np.newaxis]
    return places


def gaussian_basis(places: Taps, p: Taps) -> Taps:
    """Return a bell of sigma `p[0]` as a column."""
    return np.asarray(_bell(places, p[0])[:, np.newaxis], np.float64)


def first_basis(places: Taps, p: Taps) -> Taps:
    """Return the first derivatives of a bell of sigma `p[0]`, along x and up."""
    y, x = -places[0], places[1]
    bell = _bell(places, p[0])
    return np.stack([x * bell, y * bell], axis=1)


def second_basis(places: Taps, p: Taps) -> Taps:
    """Return the second derivatives of a bell of sigma `p[0]`: xx, xy, yy."""
    y, x = -places[0], places[1]
    bell, scale = _bell(places, p[0]), p[0] ** 2
    return np.stack([(x**2 / scale - 1) * bell, x * y / scale * bell, (y**2 / scale - 1) * bell], 1)


def log_basis(places: Taps, p: Taps) -> Taps:
    """Return the Laplacian of a bell of sigma `p[0]`, corrected with the bell to sum to 0."""
    bell = _bell(places, p[0])
    taps = ((places**2).sum(axis=0) / p[0] ** 2 - len(places)) * bell
    corrected: Taps = (taps - bell * (taps.sum() / bell.sum()))[:, np.newaxis]
    return corrected


def difference_basis(places: Taps, p: Taps) -> Taps:
    """Return two bells, of sigma `p[0]` and of 1.05 + `p[1]` times that, each summing to 1."""
    narrow, ratio = p[0], 1.05 + abs(p[1])
    bells = [_bell(places, s) for s in (narrow, narrow * ratio)]
    return np.stack([bell / bell.sum() for bell in bells], axis=1)


def gabor_basis(places: Taps, p: Taps) -> Taps:
    """Return a wave under a bell, even and odd, and the bell: sigma, gamma, theta, frequency."""
    y, x = -places[0], places[1]
    sigma, gamma, theta, waves = p
    along = x * math.cos(theta) + y * math.sin(theta)
    across = y * math.cos(theta) - x * math.sin(theta)
    bell = np.exp(-(along**2 + (gamma * across) ** 2) / (2 * sigma**2))
    turns = 2 * math.pi * min(abs(waves), 0.5) * along  # finer waves look like coarser ones
    return np.stack([bell * np.cos(turns), bell * np.sin(turns), bell], axis=1)


def _bell(places: Taps, sigma: float) -> Taps:
    bell: Taps = np.exp(-(places**2).sum(axis=0) / (2 * sigma**2))
    return bell


def _gaussian(kernel: Kernel, places: Taps, starts: Starts = None) -> Shape | None:
    found = _search(kernel, partial(gaussian_basis, places), starts or _widths(kernel), free=2)
    return None if found is None else _shape("gaussian", found, {"sigma": found.values[0]})


def _derivative(kernel: Kernel, places: Taps, order: int, starts: Starts = None) -> Shape | None:
    """Fit the derivatives of a Gaussian of one order: their mix says the direction."""
    basis = partial(first_basis if order == 1 else second_basis, places)
    found = _search(kernel, basis, starts or _widths(kernel), free=order + 2)
    if found is None:
        return None
    mix = found.mix
    turn = math.atan2(mix[1], mix[0]) if order == 1 else math.atan2(mix[1], mix[0] - mix[2]) / 2
    values = {"sigma": found.values[0], "order": float(order)}
    if order == 1 or math.hypot(mix[1], mix[0] - mix[2]) > 1e-6 * float(np.abs(mix).max()):
        values["theta"] = round(math.degrees(turn), 9) % (360 if order == 1 else 180)
    return _shape("gaussian derivative", found, values)


def _laplacian_of_gaussian(kernel: Kernel, places: Taps, starts: Starts = None) -> Shape | None:
    found = _search(kernel, partial(log_basis, places), starts or _widths(kernel), free=2)
    if found is None:
        return None
    return _shape("laplacian of gaussian", found, {"sigma": found.values[0]})


def _difference(kernel: Kernel, places: Taps, starts: Starts = None) -> Shape | None:
    """Fit two Gaussians, each with a weight of its own, the wider one at least 1.05 as wide."""
    starts = starts or [(s, r) for (s,) in _widths(kernel) for r in (0.55, 2.0)]
    found = _search(kernel, partial(difference_basis, places), starts, free=4)
    weights = -found.mix[0] / found.mix[1] if found is not None and found.mix[1] else 0.0
    if found is None or not 1 / _UNLIKE < weights < _UNLIKE:
        return None  # one of the two does it all
    sigma, wide = found.values[0], found.values[0] * (1.05 + abs(found.values[1]))
    values = {"sigma": sigma, "sigma_wide": wide, "weights": float(weights)}
    return _shape("difference of gaussians", found, values)


def _gabor(
    kernel: Kernel, places: Taps, starts: Starts = None, within: Within | None = None
) -> Shape | None:
    """Fit a wave under a bell, its phase and what balances it free; it starts at the peak."""
    if starts is None:
        peak = frequency(kernel, 0).at
        size, theta = math.hypot(*peak), math.atan2(-peak[0], peak[1])
        if size == 0:
            return None
        starts = [(s, 1.0, theta, size) for (s,) in _widths(kernel)]
    found = _search(kernel, partial(gabor_basis, places), starts, free=7, within=within)
    if found is None:
        return None
    sigma, gamma, theta, waves = found.values
    values = {
        "wavelength": 1 / min(abs(waves), 0.5) if waves else math.inf,
        "theta": math.degrees(theta) % 180,
        "sigma": sigma,
        "gamma": abs(gamma),
        "psi": math.degrees(math.atan2(-found.mix[1], found.mix[0])) % 360,
    }
    return _shape("gabor", found, values)


@dataclass(frozen=True)
class _Found:
    values: tuple[float, ...]
    mix: Taps
    residual: float
    chance: float


def _shape(name: str, found: _Found, values: dict[str, float]) -> Shape:
    return Shape(name, values, found.residual, found.chance)


def _widths(kernel: Kernel) -> Sequence[tuple[float]]:
    """Return widths from which to search, up to about a third of the window."""
    widths = np.geomspace(0.5, max(0.8, max(kernel.shape) / 3), _STARTS)
    return tuple((float(width),) for width in widths)


def _search(
    kernel: Kernel,
    basis: Basis,
    starts: Sequence[tuple[float, ...]],
    free: int,
    within: Within | None = None,
) -> _Found | None:
    """Find the parameters whose basis leaves least; None with too few taps to tell."""
    from scipy.optimize import minimize

    taps = kernel.taps.ravel()
    norm = float(np.linalg.norm(taps))
    if norm == 0 or taps.size < _SPARE * free:
        return None

    def left(p: Taps) -> float:
        if not _LEAST <= abs(p[0]) <= _MOST:
            return 1.0 + abs(math.log(max(abs(p[0]), 1e-9)))
        if within is not None and not within(p):
            return 1.0
        return _rest(basis(p), taps)[0] / norm

    tried = sorted((np.asarray(start) for start in starts), key=left)[:2]
    options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 600, "maxfev": 900}
    ends = [minimize(left, p, method="Nelder-Mead", options=options) for p in tried]
    best = min(ends, key=lambda end: float(end.fun))
    residual, mix = _rest(basis(best.x), taps)
    share = min(1.0, residual / norm)
    values = (abs(float(best.x[0])), *map(float, best.x[1:]))
    return _Found(values, mix, share, chance_of(share, taps.size, free, _TRIED))


def _rest(basis: Taps, taps: Taps) -> tuple[float, Taps]:
    mix = np.asarray(np.linalg.lstsq(basis, taps, rcond=None)[0], np.float64)
    return float(np.linalg.norm(taps - basis @ mix)), mix
