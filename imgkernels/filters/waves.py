"""Gabor's waves in pairs and in banks: stripes whatever their phase and direction."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from imgkernels import kernels
from imgkernels.operations import Magnitude, Operation, Strongest
from imgkernels.param import Param
from imgkernels.registry import Family, register
from imgkernels.sources import GABOR

Wavelength = Annotated[float, Param("period of the wave", unit="px", least=2, most=200)]
Bell = Annotated[float, Param("width of the bell", unit="px", least=0.5, most=100)]
Slimness = Annotated[float, Param("length over width of the bell", least=0.1, most=10)]
_THETA = Param("direction of the wave, from x towards y", unit="degrees", least=-360, most=360)
_SHOW = "the strongest answer, or its direction: along x is black, then towards y for half a turn"
_FORMULA = "sqrt(real^2 + imaginary^2) of the wave under the bell"


def _energy(sigma: float, theta: float, wavelength: float, gamma: float) -> Magnitude:
    """Return the length of the even and the odd answer, a pair in quadrature."""
    turn = math.radians(theta)
    phases = (0.0, math.pi / 2)
    return Magnitude(
        tuple(kernels.gabor_balanced(sigma, turn, wavelength, gamma, psi) for psi in phases)
    )


@register(
    Family.EDGE, aliases=("gabor-magnitude",), ndims=(2,), sources=(GABOR,), formula=_FORMULA,
    others=("scikit-image scales by the bell's area and keeps the mean",),
)  # fmt: skip
def gabor_energy(
    wavelength: Wavelength = 8.0,
    theta: Annotated[float, _THETA] = 0.0,
    sigma: Bell = 4.0,
    gamma: Slimness = 1.0,
) -> Operation:
    """Stripes of one width and direction, whatever their phase."""
    return _energy(sigma, theta, wavelength, gamma)


@register(
    Family.EDGE, ndims=(2,), sources=(GABOR,),
    formula=f"the largest over the directions of {_FORMULA}",
)  # fmt: skip
def gabor_bank(
    wavelength: Wavelength = 8.0,
    orientations: Annotated[
        int, Param("number of directions in half a turn", least=2, most=36)
    ] = 8,
    sigma: Bell = 4.0,
    gamma: Slimness = 1.0,
    show: Annotated[Literal["strength", "direction"], Param(_SHOW)] = "strength",
) -> Operation:
    """Stripes of one width in any direction: the strongest of a bank, or which one it was."""
    turns = (180 * n / orientations for n in range(orientations))
    bank = tuple(_energy(sigma, theta, wavelength, gamma) for theta in turns)
    return Strongest(bank, which=show == "direction")
