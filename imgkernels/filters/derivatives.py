"""Derivatives of any order, along the axes and in any direction."""

from __future__ import annotations

from typing import Annotated

from imgkernels import kernels
from imgkernels.errors import InvalidValue
from imgkernels.filters.knobs import DerivedSigma, Gain, Theta
from imgkernels.operations import Convolve, Frame, Operation, Range
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import FREEMAN_ADELSON, SOBEL

_KSIZE = Param("width; the least that holds the orders unless given", "px", 3, most=31, odd=True)
Order = Annotated[int, Param("order of the derivative along this axis", least=0, most=8)]


@register(
    Family.EDGE, range=Range.ABS, sources=(SOBEL,),
    formula="on each axis (-1, 1) as often as its order, (1, 1) for the rest of the size",
    others=("kornia's second derivatives have the opposite sign",),
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
    return Convolve(kernels.per_pixel(kernel, orders) if gain == "unit" else kernel)


@register(
    Family.EDGE, range=Range.ABS, unsourced="calculus: the bell times Hermite's polynomials",
    formula="(-1)^n He_n(x / sigma) / sigma^n times the Gaussian, on each axis",
    others=("scipy leaves what cutting leaves in the sum of an even order",),
)  # fmt: skip
def gaussian_derivative(
    sigma: DerivedSigma = 1.5,
    dx: Order = 1,
    dy: Order = 0,
    dz: Order = 0,
    *,
    frame: Frame,
) -> Operation:
    """Derivative of the smoothed image, of any order along each axis, per pixel."""
    orders = _orders(dx, dy, dz, frame, "gaussian-derivative")
    return Convolve(kernels.gaussian_derivative(sigma, orders, truncate=frame.truncate))


@register(
    Family.EDGE, aliases=("steerable",), ndims=(2,), range=Range.ABS, sources=(FREEMAN_ADELSON,),
    formula="sum over k of C(n, k) cos^(n-k) sin^k d^n G / dx^(n-k) dy^k",
)  # fmt: skip
def steered(
    sigma: DerivedSigma = 2.0,
    theta: Theta = 45.0,
    order: Annotated[int, Param("order of the derivative", least=1, most=4)] = 1,
    *,
    frame: Frame,
) -> Operation:
    """Derivative of the smoothed image in any direction, made of those along the axes."""
    return Convolve(kernels.steered(sigma, theta, order, truncate=frame.truncate))


def _orders(dx: int, dy: int, dz: int, frame: Frame, who: str) -> tuple[int, ...]:
    """Return the orders on the image's axes; refuse none at all, and one on an axis not there."""
    orders = (dz, dy, dx)
    if any(orders[: -frame.ndim]):
        raise InvalidValue(f"{who}: the image has {frame.ndim} axes; got dy {dy} and dz {dz}")
    if not any(orders):
        raise InvalidValue(f"{who}: one of dx, dy, dz must be at least 1; got 0 for all")
    return orders[-frame.ndim :]
