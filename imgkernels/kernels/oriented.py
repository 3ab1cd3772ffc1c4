"""Kernels tuned to a direction and a wavelength."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import number, odd, positive
from imgkernels.taps import Taps

_FLAT = 1000.0  # px: a wave so long that under the bell it is as good as flat


def gabor(
    sigma: float,
    theta: float = 0.0,
    wavelength: float = 10.0,
    gamma: float = 1.0,
    psi: float = math.pi / 2,
    ksize: int | None = None,
    *,
    spacing: Sequence[float] = (1.0, 1.0),
) -> Kernel:
    """Return the real Gabor kernel of OpenCV: a cosine wave under a Gaussian bell, unscaled.

    `sigma` (px) is the bell's width along the wave, `sigma / gamma` across it, `theta` (radians)
    the direction of the wave, `wavelength` (px) its period, `psi` (radians) its phase: pi / 2 is
    odd like a first derivative, 0 even like a second one. Without `ksize` the window holds 3 sigma.
    With a `spacing` (y, x) the wave is sampled there, all lengths in its unit.
    Source: Gabor, Theory of communication, 1946; OpenCV, getGaborKernel in gabor.cpp.
    """
    sigma = positive(sigma, "gabor", "sigma", most=100)
    wavelength = positive(wavelength, "gabor", "wavelength", most=1000)
    gamma = positive(gamma, "gabor", "gamma", most=100)
    theta, psi = number(theta, "gabor", "theta"), number(psi, "gabor", "psi")
    across = sigma / gamma
    cos, sin = math.cos(theta), math.sin(theta)
    if ksize is None:
        half_x = round(max(abs(3 * sigma * cos), abs(3 * across * sin)) / spacing[1])
        half_y = round(max(abs(3 * sigma * sin), abs(3 * across * cos)) / spacing[0])
    else:
        half_x = half_y = odd(ksize, "gabor", most=2001) // 2
    y, x = np.mgrid[half_y : -half_y - 1 : -1, half_x : -half_x - 1 : -1].astype(np.float64)
    y, x = y * spacing[0], x * spacing[1]
    along, sideways = x * cos + y * sin, y * cos - x * sin
    bell = np.exp(-(along**2) / (2 * sigma**2) - sideways**2 / (2 * across**2))
    return Kernel(bell * np.cos(2 * math.pi * along / wavelength + psi))


def gabor_balanced(
    sigma: float,
    theta: float = 0.0,
    wavelength: float = 10.0,
    gamma: float = 1.0,
    psi: float = math.pi / 2,
    *,
    spacing: Sequence[float] = (1.0, 1.0),
) -> Kernel:
    """Return `gabor` without its mean, scaled: a fitting wave of full contrast gives half of white.

    The mean is taken out along the bell, so that a flat image gives 0 and far taps stay near 0.
    With psi 0 (real part) and pi / 2 (imaginary part) the two are a pair in quadrature.
    """
    wave = gabor(sigma, theta, wavelength, gamma, psi, spacing=spacing).taps
    bell = gabor_bell(sigma, theta, gamma, spacing)
    return Kernel((wave - bell * (wave.sum() / bell.sum())) * (2 / bell.sum()))


def gabor_bell(
    sigma: float, theta: float, gamma: float, spacing: Sequence[float] = (1.0, 1.0)
) -> Taps:
    """Return the bell that a Gabor wave lies under."""
    return abs(gabor(sigma, theta, _FLAT, gamma, 0.0, spacing=spacing).taps)
