"""Laws of a kernel: its sum, what it makes of polynomials, its symmetry, its rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import axis_index
from imgkernels.law.law import Law, every

ROUNDING = 1e-12  # relative to the sizes of the taps: what float64 leaves of exact sums

Powers = tuple[int, ...]


def sums_to(total: float) -> Law:
    """Claim the sum of the taps: 1 keeps the brightness, 0 turns flat areas to black."""

    def broken(kernel: Kernel) -> str:
        return _unlike(kernel.sum, total, size_of(kernel))

    return every(f"sums to {total:g}", broken)


def keeps_polynomials(degree: int) -> Law:
    """Claim that polynomials up to a degree pass as they are: 1 keeps ramps."""
    return _answers(
        f"leaves polynomials up to degree {degree} as they are",
        degree,
        lambda ndim: {(0,) * ndim: 1.0},
    )


def vanishes(degree: int) -> Law:
    """Claim that polynomials up to a degree turn into 0: 0 is black on flat, 1 on ramps too."""
    return _answers(f"turns polynomials up to degree {degree} into 0", degree, lambda ndim: {})


def differentiates(axis: str, order: int = 1, *, gain: float = 1.0, degree: int = 2) -> Law:
    """Claim a derivative along an axis, exact on polynomials up to a degree.

    They turn into `gain` times their derivative of that order: with a gain of 1 into the true one
    per pixel, on a ramp (degree 1) and on a parabola (degree 2).
    """
    times = "" if gain == 1 else f"{gain:g} times "
    name = {1: "derivative", 2: "second derivative"}.get(order, f"derivative of order {order}")
    words = f"turns polynomials up to degree {degree} into {times}their {name} along {axis}"

    def due(ndim: int) -> Mapping[Powers, float]:
        powers = [0] * ndim
        powers[axis_index(axis, ndim, "law")] = order
        return {tuple(powers): gain * math.factorial(order)}

    return _answers(words, degree, due)


def derives(orders: Sequence[int], *, gain: float = 1.0, within: float = 0.0) -> Law:
    """Claim a derivative of an order on each axis (z, y, x), of the monomials up to its degree.

    `within` is what the answer to x**n / n! may be off by: what sampling and cutting cost.
    """
    degree = sum(orders)
    axes = "zyx"[-len(orders) :]
    name = " ".join(f"d{n}/d{axis}{n}" for axis, n in zip(axes, orders, strict=True) if n)
    about = f", within {within:.0%}" if within else ""
    times = "" if gain == 1 else f"{gain:g} times "

    def broken(kernel: Kernel) -> str:
        for powers in monomials(kernel.ndim, degree):
            scale = math.prod(map(math.factorial, powers))
            due = gain * scale if powers == tuple(orders) else 0.0
            found = kernel.moment(*powers)
            reach = max(kernel.shape) ** sum(powers)
            if abs(found - due) > within * scale:
                wrong = _unlike(found, due, size_of(kernel) * reach)
                if wrong:
                    return f"moment {powers} is {wrong}"
        return ""

    return every(
        f"turns polynomials up to degree {degree} into {times}{name} of them{about}", broken
    )


def derives_along(angle: float, order: int, within: float) -> Law:
    """Claim a derivative in a direction (degrees, counter-clockwise as seen), and none across it.

    Told by the answers to u**n / n!, u along the direction or across it.
    """

    def broken(kernel: Kernel) -> str:
        y, x = np.indices(kernel.shape) - np.reshape(kernel.anchor, (-1, 1, 1))
        turn = math.radians(angle)
        along = x * math.cos(turn) - y * math.sin(turn)
        across = x * math.sin(turn) + y * math.cos(turn)
        found = [
            float((kernel.taps * u**order).sum()) / math.factorial(order) for u in (along, across)
        ]
        wrong = abs(found[0] - 1) > within or abs(found[1]) > within
        return f"{found[0]:.4g} and {found[1]:.4g}" if wrong else ""

    name = {1: "derivative", 2: "second derivative"}.get(order, f"derivative of order {order}")
    return every(f"is the {name} at {angle:g} degrees, 0 across, within {within:.0%}", broken)


def laplacian(gain: float = 1.0, degree: int = 3) -> Law:
    """Claim the sum of the second derivatives along all axes, times a gain."""
    times = "" if gain == 1 else f"{gain:g} times "
    words = f"turns polynomials up to degree {degree} into {times}their Laplacian"

    def due(ndim: int) -> Mapping[Powers, float]:
        return {tuple(2 * int(a == axis) for a in range(ndim)): 2 * gain for axis in range(ndim)}

    return _answers(words, degree, due)


def adds_laplacian(times: float, degree: int = 3) -> Law:
    """Claim the picture plus some times its Laplacian; below 0 it sharpens."""
    words = f"adds {times:.6g} times their Laplacian to polynomials up to degree {degree}"

    def due(ndim: int) -> Mapping[Powers, float]:
        seconds = {
            tuple(2 * int(a == axis) for a in range(ndim)): 2 * times for axis in range(ndim)
        }
        return {(0,) * ndim: 1.0} | seconds

    return _answers(words, degree, due)


def rises(axis: str) -> Law:
    """Claim that the answer is above 0 where the image gets brighter along an axis."""

    def broken(kernel: Kernel) -> str:
        powers = [0] * kernel.ndim
        powers[axis_index(axis, kernel.ndim, "law")] = 1
        return "" if kernel.moment(*powers) > 0 else "it is not"

    return every(f"answers above 0 where it gets brighter along {axis}", broken)


def gain(value: float, of_order: int, within: float = 0.0) -> Law:
    """Claim a derivative of an order, in whatever direction, and how much it makes of a slope.

    `within` is relative: what sampling and cutting may cost.
    """
    about = f", within {within:.0%}" if within else ""

    def broken(kernel: Kernel) -> str:
        if kernel.order != of_order:
            return f"order {kernel.order}"
        if abs(kernel.gain - value) <= within * abs(value):
            return ""
        return _unlike(kernel.gain, value, size_of(kernel))

    return every(f"is a derivative of order {of_order} with a gain of {value:.6g}{about}", broken)


def size_of(kernel: Kernel) -> float:
    """Return the sum of the sizes of the taps; rounding is relative to it."""
    parts = kernel.factors or (kernel.taps,)
    return math.prod(float(np.abs(part).sum()) for part in parts)


def _answers(words: str, degree: int, due: Callable[[int], Mapping[Powers, float]]) -> Law:
    """Claim every moment up to a degree: those that `due` names, and 0 for the others."""

    def broken(kernel: Kernel) -> str:
        wanted = due(kernel.ndim)
        reach = max(map(max, zip(kernel.anchor, kernel.shape, strict=True)))
        for powers in monomials(kernel.ndim, degree):
            size = size_of(kernel) * reach ** sum(powers)
            wrong = _unlike(kernel.moment(*powers), wanted.get(powers, 0.0), size)
            if wrong:
                return f"moment {powers} is {wrong}"
        return ""

    return every(words, broken)


def monomials(ndim: int, degree: int) -> list[Powers]:
    """Return the powers of every monomial up to a degree, lowest first."""
    found = itertools.product(range(degree + 1), repeat=ndim)
    return sorted((p for p in found if sum(p) <= degree), key=lambda p: (sum(p), p))


def _unlike(found: float, due: float, size: float) -> str:
    return "" if abs(found - due) <= ROUNDING * size else f"{found:.12g}, not {due:.12g}"
