"""Kernels in a terminal: as a matrix of numbers, and as a picture of shades."""

from __future__ import annotations

import os
import sys

import numpy as np
import numpy.typing as npt

from imgkernels.kernel import Kernel

_MOST_COLUMNS = 9  # of numbers; a wider matrix does not fit a terminal
_MOST_CELLS = 33  # of the picture
_ABOVE, _BELOW = " ░▒▓█", " .:=#"  # without colours: shades for weights above 0, marks for below

Plane = npt.NDArray[np.float64]


def matrix(kernel: Kernel) -> str:
    """Return the taps as rows of numbers, or the two rows of a wide separable kernel."""
    if max(kernel.shape) > _MOST_COLUMNS:
        if kernel.factors is None:
            return f"(too wide to print; --json has all {kernel.size} taps)"
        names = "zyx"[-kernel.ndim :]
        rows = [
            f"along {axis}: {_row(row)}" for axis, row in zip(names, kernel.factors, strict=True)
        ]
        return "\n".join(rows)
    planes = kernel.taps.reshape(-1, *kernel.taps.shape[-2:]) if kernel.ndim > 1 else [kernel.taps]
    return "\n\n".join(_aligned(np.atleast_2d(plane)) for plane in planes)


def picture(kernel: Kernel) -> str:
    """Return the taps as coloured cells: orange above 0, blue below, brighter is stronger.

    Without colours (not a terminal, or NO_COLOR is set): shades above 0, marks below.
    """
    plane = _plane(kernel)
    scale = np.abs(plane).max() or 1.0
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    cell = _coloured if colour else _shaded
    return "\n".join("  " + "".join(cell(tap / scale) for tap in row) for row in plane)


def _plane(kernel: Kernel) -> Plane:
    """Return the middle plane, thinned to what fits a terminal."""
    taps = kernel.taps[kernel.anchor[0]] if kernel.ndim == 3 else np.atleast_2d(kernel.taps)
    step = -(-max(taps.shape) // _MOST_CELLS)
    start = [n // 2 % step for n in taps.shape]
    return taps[start[0] :: step, start[1] :: step]


def _coloured(share: float) -> str:
    # A root brings small taps out: the eye compares brightness by ratios.
    strength = abs(share) ** 0.6
    hue = (255, 170, 60) if share > 0 else (70, 150, 255)
    red, green, blue = (round(24 + (channel - 24) * strength) for channel in hue)
    return f"\x1b[48;2;{red};{green};{blue}m  \x1b[0m"


def _shaded(share: float) -> str:
    level = 0 if abs(share) < 0.01 else 1 + min(3, int(abs(share) ** 0.6 * 4 - 1e-9))
    return (_ABOVE if share > 0 else _BELOW)[level] * 2


def _row(row: Plane) -> str:
    if row.size > 41:
        return f"{row.size} taps"
    tidy = np.where(np.abs(row) > 1e-12 * np.abs(row).max(), row, 0.0)
    return " ".join(f"{tap:.4g}" for tap in tidy)


def _aligned(plane: Plane) -> str:
    words = [[f"{tap:.6g}" for tap in row] for row in plane]
    width = max(len(word) for row in words for word in row)
    return "\n".join("  " + "  ".join(word.rjust(width) for word in row) for row in words)
