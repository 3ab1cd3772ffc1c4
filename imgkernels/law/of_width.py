"""Laws of how wide a kernel is, and of the bell or wave that it samples."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence

import numpy as np
from numpy.polynomial import hermite_e

from imgkernels.examination import spread
from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import axis_index, per_axis
from imgkernels.law.law import Law, every
from imgkernels.taps import Taps

_EXACT = 1e-9


def variance(due: Sequence[float], within: float = 0.0) -> Law:
    """Claim the variance along each axis (z, y, x), in square pixels.

    `within` is relative: what sampling and cutting may cost.
    """
    about = f" px squared, within {within:.1%}" if within else " px squared"
    words = f"its variance is {' and '.join(sorted({f'{v:.6g}' for v in due}))}{about}"

    def broken(kernel: Kernel) -> str:
        found = [spread(kernel, axis) for axis in range(kernel.ndim)]
        pairs = zip(found, due, strict=True)
        wrong = [
            v for v, wanted in pairs if abs(v - wanted) > max(within, _EXACT) * wanted + _EXACT
        ]
        return f"it is {wrong[0]:.9g}" if wrong else ""

    return every(words, broken)


def bell(sigma: float | Sequence[float]) -> Law:
    """Claim that each row is a sampled Gaussian: the logarithms of its taps bend evenly.

    Their second difference is -1 / sigma**2 everywhere; rows of one tap say nothing.
    """

    def broken(kernel: Kernel) -> str:
        if kernel.factors is None:
            return "not separable"
        sigmas = per_axis(sigma, kernel.ndim, "law", "sigma")
        found = (_bend(row, s) for row, s in zip(kernel.factors, sigmas, strict=True))
        return next(filter(None, found), "")

    return every("the logarithms of its rows bend by 1 / sigma**2 per pixel", broken)


def bell_derivative(axis: str, sigma: float) -> Law:
    """Claim x / sigma**2 times a sampled Gaussian along an axis, sampled Gaussians across."""

    def broken(kernel: Kernel) -> str:
        if kernel.factors is None:
            return "not separable"
        along = axis_index(axis, kernel.ndim, "law")
        for here, row in enumerate(kernel.factors):
            x = np.arange(row.size) - kernel.anchor[here]
            sides = [row[x > 0] / x[x > 0], row[x < 0] / x[x < 0]] if here == along else [row]
            wrong = next(filter(None, (_bend(side, sigma) for side in sides)), "")
            if wrong:
                return wrong
        return ""

    return every(f"is {axis} / sigma**2 times a Gaussian, up to a scale", broken)


def hermite(orders: Sequence[int], sigma: float) -> Law:
    """Claim that each row over the Gaussian bell is Hermite's polynomial of its order.

    For even orders a constant is added that makes the row sum to 0.
    """

    def broken(kernel: Kernel) -> str:
        if kernel.factors is None:
            return "not separable"
        sign = 1.0
        for row, order, anchor in zip(kernel.factors, orders, kernel.anchor, strict=True):
            x = (np.arange(row.size) - anchor) / sigma
            bent = row * np.exp(x**2 / 2)
            columns = np.stack([hermite_e.hermeval(x, [0] * order + [1]), x**0], axis=1)
            parts = np.linalg.lstsq(columns, bent, rcond=None)[0]
            if np.abs(columns @ parts - bent).max() > _EXACT * np.abs(bent).max():
                return f"a row is not of order {order}"
            sign *= parts[0] if order else parts.sum()
        return "" if sign > 0 else "it has the other sign"

    return every("each row is a Hermite polynomial times the Gaussian bell", broken)


def trails(angle: float, within: float) -> Law:
    """Claim that its weight lies on one side of the anchor, its heaviest tap.

    `angle` in degrees counter-clockwise from x as seen.
    """

    def broken(kernel: Kernel) -> str:
        if kernel.taps[kernel.anchor] < kernel.taps.max():
            return "the heaviest tap is not at the anchor"
        found = math.degrees(math.atan2(-kernel.moment(1, 0), kernel.moment(0, 1)))
        apart = (found - angle + 180) % 360 - 180
        return f"at {found % 360:.4g} degrees" if abs(apart) > within else ""

    return every(f"its taps lie at {angle % 360:g} degrees from its heaviest one", broken)


def hat(sigma: float) -> Law:
    """Claim that the taps over the Gaussian bell lie on a line in r squared."""

    def broken(kernel: Kernel) -> str:
        places = [np.arange(n, dtype=np.float64) - a for a, n in _axes(kernel)]
        squares = sum(np.meshgrid(*(x**2 for x in places), indexing="ij"))
        line = (kernel.taps * np.exp(np.asarray(squares) / (2 * sigma**2))).ravel()
        rows = np.stack([np.asarray(squares).ravel(), np.ones(line.size)], axis=1)
        slope, base = np.linalg.lstsq(rows, line, rcond=None)[0]
        apart = np.abs(rows @ (slope, base) - line).max()
        return f"off by {apart:.3g}" if apart > _EXACT * np.abs(line).max() else ""

    return every("its taps are a line in r**2 times the Gaussian bell", broken)


def leans(angle: float, within: float) -> Law:
    """Claim the direction in which it is widest, in degrees counter-clockwise from x as seen."""

    def broken(kernel: Kernel) -> str:
        mixed, wide, tall = kernel.moment(1, 1), kernel.moment(0, 2), kernel.moment(2, 0)
        found = math.degrees(math.atan2(-2 * mixed, wide - tall)) / 2
        apart = (found - angle + 90) % 180 - 90
        return f"{found % 180:.4g} degrees" if abs(apart) > within else ""

    return every(f"is widest at {angle:g} degrees, within {within:g}", broken)


def tuned(wavelength: float, angle: float, phase: float, height: float, within: float) -> Law:
    """Claim the answer to a wave that fits it, as a share of its height; to one across, none.

    `angle` in degrees, from x towards y; `phase` in degrees is where in the wave it answers most.
    """

    def broken(kernel: Kernel) -> str:
        places = np.indices(kernel.shape) - np.reshape(kernel.anchor, (-1, 1, 1))
        answers = []
        for turn in (0, 90):
            along = math.cos(math.radians(angle + turn)), math.sin(math.radians(angle + turn))
            turns = 2 * math.pi / wavelength * (places[1] * along[0] + places[0] * along[1])
            answers.append(complex((kernel.taps * np.exp(1j * turns)).sum()))
        fits, across = answers
        due = cmath.rect(height, math.radians(phase))
        far = max(abs(fits - due), abs(across)) > within * height
        return f"{fits:.4g} and {across:.4g}, not {due:.4g} and 0" if far else ""

    words = (
        f"answers a wave of {wavelength:g} px at {angle:g} degrees with {height:g} times its "
        "height, one across with nothing"
    )
    return every(f"{words}, within {within:.0%}", broken)


def _bend(row: Taps, sigma: float) -> str:
    seen = row[np.abs(row) > 1e-290]  # nearer to 0 floats have fewer digits
    if (seen * seen[:1] < 0).any():
        return "a tap has another sign"
    bend = -np.diff(np.log(np.abs(seen)), 2)
    apart = np.abs(bend - sigma**-2)
    wrong = bend.size and apart.max() > _EXACT * max(1.0, sigma**-2) / 10
    return f"bends by {bend[apart.argmax()]:.9g}, not {sigma**-2:.9g}" if wrong else ""


def _axes(kernel: Kernel) -> list[tuple[int, int]]:
    return list(zip(kernel.anchor, kernel.shape, strict=True))
