"""The order of a derivative where taps carry noise: moments that noise would make are 0."""

from __future__ import annotations

import itertools
import math

import numpy as np

from imgkernels.analysis.identify.fits import Shape
from imgkernels.analysis.identify.lay import Match
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

_SURE = 4.5  # standard deviations: what noise exceeds once in 150,000 times
_MOST = 4


def order_of(kernel: Kernel, noise: float) -> int:
    """Return the lowest degree with a moment beyond what noise makes; 5 means "5 or more".

    `noise` is its norm as a share of the kernel's. Without noise it is the kernel's own order.

    >>> slightly_off = Kernel([[-1, 0.01, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> slightly_off.order, order_of(slightly_off, 0.01)
    (0, 1)
    """
    if noise <= 1e-7:
        return kernel.order
    each = noise * float(np.linalg.norm(kernel.taps)) / math.sqrt(kernel.size)
    for degree in range(_MOST + 1):
        for powers in itertools.product(range(degree + 1), repeat=kernel.ndim):
            if sum(powers) == degree:
                moment, spread = _moment(kernel, powers)
                if abs(moment) > _SURE * each * spread:
                    return degree
    return _MOST + 1


def order_at(kernel: Kernel, name: Match | Shape | None) -> int:
    """Return the order of a kernel that has this name: its own, or at the noise it has to it."""
    if isinstance(name, Match):
        return name.known.order
    if name is not None and "order" in name.values:
        return int(name.values["order"])
    return order_of(kernel, 0.0 if name is None else name.residual)


def gain_of(kernel: Kernel, order: int) -> float:
    """Return what a kernel of a known order makes of that derivative, as `Kernel.gain` has it."""
    if order == 0:
        return kernel.sum
    if order == 1:
        return math.hypot(*(kernel.moment(*unit) for unit in np.eye(kernel.ndim, dtype=int)))
    if order == 2:
        values = np.linalg.eigvalsh(_curves(kernel))
        return float(values[np.argmax(np.abs(values))])
    return math.nan


def direction_of(kernel: Kernel, order: int) -> float:
    """Return the direction of the derivative on two axes, degrees counter-clockwise from x.

    Of a first one from 0 to 360, where the image gets brighter; of a second one from 0 to 180,
    that of the strongest curve. NaN for others, and where all directions answer alike.
    """
    if kernel.ndim != 2 or order not in (1, 2):
        return math.nan
    if order == 1:
        return math.degrees(math.atan2(-kernel.moment(1, 0), kernel.moment(0, 1))) % 360
    values, vectors = np.linalg.eigh(_curves(kernel))
    strongest = int(np.argmax(np.abs(values)))
    if abs(abs(values[0]) - abs(values[1])) < 1e-3 * np.abs(values).max():
        return math.nan if values[0] * values[1] > 0 else _saddle(vectors, values)
    y, x = vectors[:, strongest]
    return math.degrees(math.atan2(-y, x)) % 180


def _saddle(vectors: Taps, values: Taps) -> float:
    y, x = vectors[:, int(np.argmax(values))]
    return math.degrees(math.atan2(-y, x)) % 180


def _curves(kernel: Kernel) -> Taps:
    units = np.eye(kernel.ndim, dtype=int)
    matrix = [[kernel.moment(*(a + b)) for a in units] for b in units]
    return np.asarray(matrix) / 2


def _moment(kernel: Kernel, powers: tuple[int, ...]) -> tuple[float, float]:
    """Return a moment about the middle of the window, and what noise of one a tap makes of it.

    About the middle the lowest moments are those about the anchor, and noise weighs least.
    """
    axes = [np.arange(n) - (n - 1) / 2 for n in kernel.shape]
    weights = np.ones(kernel.shape)
    for axis, (x, power) in enumerate(zip(axes, powers, strict=True)):
        weights *= (x**power).reshape([-1 if a == axis else 1 for a in range(kernel.ndim)])
    return float((weights * kernel.taps).sum()), float(np.linalg.norm(weights))
