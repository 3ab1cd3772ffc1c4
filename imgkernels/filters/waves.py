"""Gabor's waves in pairs and in banks: stripes whatever their phase and direction."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from imgkernels import kernels
from imgkernels.entry import Family
from imgkernels.filters import claims
from imgkernels.operations import Frame, Magnitude, Operation, Strongest
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import GABOR

Wavelength = Annotated[float, Param("period of the wave", unit="px", least=2, most=200)]
Bell = Annotated[float, Param("width of the bell", unit="px", least=0.5, most=100)]
Slimness = Annotated[float, Param("length over width of the bell", least=0.1, most=10)]
_THETA = Param("direction of the wave, from x towards y", unit="degrees", least=-360, most=360)
_SHOW = "the strongest answer, or its direction: along x is black, then towards y for half a turn"
_FORMULA = "strength sqrt(real^2 + imaginary^2) of the wave under the bell"


Strength = Annotated[
    float, Param("1 gives half of white for a fitting wave of full contrast", above=0, most=100)
]


def _energy(
    sigma: float, theta: float, wavelength: float, gamma: float, strength: float, frame: Frame
) -> Magnitude:
    """Return the length of the even and the odd answer, a pair in quadrature."""
    turn = math.radians(theta)
    phases = (0.0, math.pi / 2)
    pair = (
        kernels.gabor_balanced(sigma, turn, wavelength, gamma, psi, spacing=frame.steps)
        for psi in phases
    )
    return Magnitude(tuple(strength * wave for wave in pair))


def _turns(orientations: int) -> tuple[float, ...]:
    return tuple(180 * n / orientations for n in range(orientations))


@register(
    Family.EDGE, spacing=True, aliases=("gabor-magnitude",), ndims=(2,), sources=(GABOR,),
    formula=_FORMULA,
    others=("scikit-image scales by the bell's area and keeps the mean",),
    laws=lambda wavelength, theta, sigma, gamma, strength: claims.of_waves(
        wavelength, [theta], sigma, gamma, strength
    ),
)  # fmt: skip
def gabor_energy(
    wavelength: Wavelength = 8.0,
    theta: Annotated[float, _THETA] = 0.0,
    sigma: Bell = 4.0,
    gamma: Slimness = 1.0,
    strength: Strength = 4.0,
    *,
    frame: Frame,
) -> Operation:
    """Stripes of one width and direction, whatever their phase."""
    return _energy(sigma, theta, wavelength, gamma, strength, frame)


@register(
    Family.EDGE, spacing=True, ndims=(2,), sources=(GABOR,),
    formula=f"the largest over the directions of {_FORMULA}",
    laws=lambda wavelength, orientations, sigma, gamma, strength: claims.of_waves(
        wavelength, _turns(orientations), sigma, gamma, strength
    ),
)  # fmt: skip
def gabor_bank(
    wavelength: Wavelength = 8.0,
    orientations: Annotated[
        int, Param("number of directions in half a turn", least=2, most=36)
    ] = 8,
    sigma: Bell = 4.0,
    gamma: Slimness = 1.0,
    strength: Strength = 4.0,
    show: Annotated[Literal["strength", "direction"], Param(_SHOW)] = "strength",
    *,
    frame: Frame,
) -> Operation:
    """Stripes of one width in any direction: the strongest of a bank, or which one it was."""
    turns = _turns(orientations)
    bank = tuple(_energy(sigma, theta, wavelength, gamma, strength, frame) for theta in turns)
    return Strongest(bank, which=show == "direction")
