"""`identify`: what a kernel is, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.analysis.identify.chance import worth_a_name
from imgkernels.analysis.identify.fits import Shape, shapes
from imgkernels.analysis.identify.frequency import Frequency, frequency
from imgkernels.analysis.identify.lay import Match
from imgkernels.analysis.identify.match import matches
from imgkernels.analysis.identify.order import direction_of, gain_of, order_at
from imgkernels.engine.verbs import KernelLike, as_kernel
from imgkernels.errors import InvalidValue
from imgkernels.examination import Examination, examine
from imgkernels.taps import Taps

_SHAPE = 2.5  # times nearer than a kernel of the catalogue must a shape be to be said instead
_ROUNDED = 1e-6  # of the norm: what is left of a kernel that is meant
_PICTURES = 1 << 14  # windows of noise that are tried for clipping
_MOST_TAPS = 1 << 14  # of a kernel that is compared


@dataclass(frozen=True)
class Identity:
    """What was found out about a kernel.

    `examination` holds what is exact: sum, moments, symmetries, rank, sigma, range. `order`,
    `gain` and `direction` are those that the name has, else by the moments. `clipped` is
    the share of answers outside 0 to 1 where the picture is even noise from 0 to 1. `matches` are
    the nearest kernels of the catalogue, `shapes` the fits with parameters, each nearest first.
    `name` is the best of them, None where chance would bring one as near.
    """

    examination: Examination
    order: int
    gain: float
    direction: float
    frequency: Frequency
    clipped: float
    matches: tuple[Match, ...]
    shapes: tuple[Shape, ...]
    name: Match | Shape | None

    @property
    def factors(self) -> tuple[Taps, ...] | None:
        """One row per axis whose outer product is the kernel; None where there is none."""
        return self.examination.kernel.factors

    @property
    def sentence(self) -> str:
        """The finding in plain words; every number in it is one of the fields."""
        from imgkernels.analysis.identify.words import sentence

        return sentence(self)

    def __str__(self) -> str:
        return self.sentence


def identify(kernel: KernelLike) -> Identity:
    """Say what a kernel is: order, gain, frequencies, nearest kernels of the catalogue, fits.

    Raises `InvalidValue` for no kernel, one of zeros, and one of more than 16384 taps.

    >>> print(identify([[0, 2, 0], [2, -8, 2], [0, 2, 0]]))
    Second-order derivative, in all directions alike, gain 2: exactly laplacian times 2.
    """
    found = as_kernel(kernel)
    if found.size > _MOST_TAPS:
        raise InvalidValue(f"identify: takes at most {_MOST_TAPS} taps; got {found.size}")
    if not found.taps.any():
        raise InvalidValue("identify: every tap is 0; the answer is black")
    near = matches(found)
    fitted = shapes(found, order_at(found, _name(near, ())))
    name = _name(near, fitted)
    order = order_at(found, name)
    return Identity(
        examine(found),
        order,
        gain_of(found, order),
        direction_of(found, order),
        frequency(found, order),
        _clipped(found.taps),
        near,
        fitted,
        name,
    )


def _name(near: tuple[Match, ...], fitted: tuple[Shape, ...]) -> Match | Shape | None:
    """Return the nearest that is no chance; a shape only where it is clearly nearer."""
    known = next((m for m in near[:1] if worth_a_name(m.residual, m.chance)), None)
    shape = next((s for s in fitted if worth_a_name(s.residual, s.chance)), None)
    if known is None or shape is None:
        return known or shape
    clearly = known.residual > _ROUNDED and shape.residual * _SHAPE < known.residual
    return shape if clearly else known


def _clipped(taps: Taps) -> float:
    """Return the share of answers outside 0 to 1, by trying windows of even noise."""
    rng = np.random.default_rng(1)
    used = taps[taps != 0]
    answers = np.zeros(_PICTURES)
    for start in range(0, used.size, 64):
        part = used[start : start + 64]
        answers += rng.random((_PICTURES, part.size)) @ part
    return float(((answers < 0) | (answers > 1)).mean())
