"""Derivatives of any order, along the axes and in any direction."""

from __future__ import annotations

import math
from typing import Annotated

from imgkernels import kernels, law
from imgkernels.entry import Family
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import DerivedSigma, Gain, Theta
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import FREEMAN_ADELSON, SOBEL

_KSIZE = Param("width; the least that holds the orders unless given", "px", 3, most=31, odd=True)


def _sobel_gain(orders: tuple[int, ...], ksize: int | None) -> float:
    """Return 2 to the number of smoothing passes over all axes: each (1, 1) doubles."""
    n = ksize or max(3, (max(orders) + 1) | 1)
    return float(2 ** sum(n - 1 - order for order in orders))


Order = Annotated[int, Param("order of the derivative along this axis", least=0, most=8)]


@register(
    Family.EDGE, spacing=True, range=Range.ABS, sources=(SOBEL,),
    formula="on each axis (-1, 1) as often as its order, (1, 1) for the rest of the size",
    others=("kornia's second derivatives have the opposite sign",),
    laws=lambda dx, dy, dz, ksize, gain, frame: (
        law.derives(
            (dz, dy, dx)[-frame.ndim :],
            gain=1.0 if gain == "unit" else _sobel_gain((dz, dy, dx)[-frame.ndim :], ksize),
        ),
        law.parity((dz, dy, dx)[-frame.ndim :]),
        law.rank(1),
    ),
)  # fmt: skip
def sobel_mixed(
    dx: Order = 1,
    dy: Order = 0,
    dz: Order = 0,
    ksize: Annotated[int | None, _KSIZE] = None,
    gain: Gain = "kernel",
    *,
    frame: Frame,
) -> Operation:
    """Sobel's derivative of any order along each axis, as OpenCV's Sobel with dx and dy."""
    orders = _orders(dx, dy, dz, frame, "sobel-mixed")
    kernel = kernels.sobel_mixed(orders, ksize)
    kernel = kernels.per_pixel(kernel, orders) if gain == "unit" else kernel
    return Convolve(kernel / _unit(orders, frame))


@register(
    Family.EDGE, spacing=True, range=Range.ABS,
    unsourced="calculus: the bell times Hermite's polynomials",
    formula="(-1)^n He_n(x / sigma) / sigma^n times the Gaussian, on each axis",
    others=("scipy leaves what cutting leaves in the sum of an even order",),
    laws=lambda sigma, dx, dy, dz, frame: (
        law.vanishes(0),
        law.parity((dz, dy, dx)[-frame.ndim :]),
        law.hermite((dz, dy, dx)[-frame.ndim :], sigma),
        *(
            [law.derives((dz, dy, dx)[-frame.ndim :], within=0.05)]
            if sigma >= max(1, math.sqrt(max(dx, dy, dz)) / 2)  # narrower ones are sampled badly
            else []
        ),
    ),
)  # fmt: skip
def gaussian_derivative(
    sigma: DerivedSigma = 1.5,
    dx: Order = 1,
    dy: Order = 0,
    dz: Order = 0,
    *,
    frame: Frame,
) -> Operation:
    """Derivative of the smoothed image, of any order along each axis.

    Per pixel, so small on photographs: `--range stretch` shows it.
    """
    orders = _orders(dx, dy, dz, frame, "gaussian-derivative")
    wide = _truncate(frame, max(orders))
    kernel = kernels.gaussian_derivative(frame.pixels(sigma), orders, truncate=wide)
    return Convolve(kernel / _unit(orders, frame))


@register(
    Family.EDGE, spacing=True, aliases=("steerable",), ndims=(2,), range=Range.ABS,
    sources=(FREEMAN_ADELSON,),
    formula="sum over k of C(n, k) cos^(n-k) sin^k d^n G / dx^(n-k) dy^k",
    others=("the paper scales its basis to unit energy; here they are true derivatives",),
    laws=lambda sigma, theta, order: (
        law.vanishes(0),
        law.half_turn((-1) ** order),
        *([law.derives_along(theta, order, 0.05)] if sigma >= 1 else []),
    ),
)  # fmt: skip
def steered(
    sigma: DerivedSigma = 2.0,
    theta: Theta = 45.0,
    order: Annotated[int, Param("order of the derivative", least=1, most=4)] = 1,
    *,
    frame: Frame,
) -> Operation:
    """Derivative of the smoothed image in any direction, made of those along the axes.

    Per pixel, so small on photographs: `--range stretch` shows it.
    """
    wide = _truncate(frame, order)
    return Convolve(kernels.steered(sigma, theta, order, truncate=wide, spacing=frame.steps))


def _truncate(frame: Frame, order: int) -> float:
    """Return where to cut, in sigmas: the higher a derivative, the farther out it weighs.

    At 3 sigma the fourth derivative of a monomial would come out as a tenth of what it is.
    """
    return frame.truncate + order / 2


def _unit(orders: tuple[int, ...], frame: Frame) -> float:
    """Return what a derivative of these orders per pixel is in pixels' sides."""
    return math.prod(step**order for step, order in zip(frame.steps, orders, strict=True))


def _orders(dx: int, dy: int, dz: int, frame: Frame, who: str) -> tuple[int, ...]:
    """Return the orders on the image's axes; refuse none at all, and one on an axis not there."""
    orders = (dz, dy, dx)
    if any(orders[: -frame.ndim]):
        raise InvalidValue(f"{who}: the image has {frame.ndim} axes; got dy {dy} and dz {dz}")
    if not any(orders):
        raise InvalidValue(f"{who}: one of dx, dy, dz must be at least 1; got 0 for all")
    return orders[-frame.ndim :]
