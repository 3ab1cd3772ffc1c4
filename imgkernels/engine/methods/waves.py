"""Rows of taps as a few waves: cosines of their window where it is even, sines where it is odd.

The period of the waves is somewhat longer than the window, so that no kink at its ends has to be
made of them: a Gaussian then takes 6 to 16, whatever its sigma, with an error that falls by a digit
or two with each. Sources: Elboher and Werman, Cosine integral images for fast spatial and range
filtering, 2011; Sugimoto and Kamata, Efficient constant-time Gaussian filtering with sliding
DCT/DST-5 and dual-domain error minimization, 2015; Huybrechs, On the Fourier extension of
nonperiodic functions, 2010.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np

from imgkernels.taps import Taps

_COUNTS = (6, 8, 10, 12, 16)  # of waves: each has loops of its own
_STRETCHES = (1.03, 1.06, 1.12, 1.18, 1.24, 1.3, 1.36, 1.44, 1.52, 1.6)  # period over window
_SOME = 256  # taps that waves are fitted to, of a longer row
_HOPELESS = 1e-3  # an error that more than one step of the above would have to mend
_LOST = 1e-14  # of a wave: what rounding makes of it on the way
_SMALL = 1e-13  # of the largest singular value: what is below is rounding
_ALIKE = 1e-12  # of the largest tap: taps that differ by so much are a mirror image still


@dataclass(frozen=True, eq=False)
class Waves:
    """Waves that add up to a row of taps; `error` is their distance, as a share of the taps.

    The sum of the window's samples weighed by one wave is `u`. From one window to the next, which
    gains the sample `late` (beside `last`) and loses `early` (beside `first`), it goes by

        v += ends * (early + sign * late) - beyond * (first + sign * last) - stiffness * u
        u += v

    where `v` is the difference to the sum before. Multiplied by 2 - stiffness and subtracted as the
    textbooks have it, slow waves would lose digits. `start` weighs the sample before a window and
    its own, `(taps + 1, 2 waves)`: v and u for each wave in turn.
    """

    sign: float
    stiffness: Taps
    ends: Taps
    beyond: Taps
    start: Taps
    error: float

    @property
    def count(self) -> int:
        """The number of waves."""
        return self.stiffness.size


def waves_of(row: Taps, error: float) -> Waves | None:
    """Return the fewest waves that miss a row by a share `error` of its taps; None if too many."""
    return _found(row.tobytes(), error)


@functools.lru_cache(128)
def _found(raw: bytes, error: float) -> Waves | None:
    row = np.frombuffer(raw)
    sign = _parity(row)
    if sign == 0 or not row.any():
        return None
    if _missed(row, sign, _COUNTS[-1], _STRETCHES[-5]) > _HOPELESS:
        return None
    for count in _COUNTS:
        found = _best(row, sign, count)
        if found.error <= error:
            return found
    return None


def _parity(row: Taps) -> int:
    """Return 1 for a row that is its own mirror image, -1 where that turns the signs, else 0."""
    far = _ALIKE * np.abs(row).max()
    return next((s for s in (1, -1) if (np.abs(row - s * row[::-1]) <= far).all()), 0)


def _best(row: Taps, sign: int, count: int) -> Waves:
    stretch = min(_STRETCHES, key=lambda stretch: _missed(row, sign, count, stretch))
    pulses, sizes, _ = _fitted(row, sign, count, stretch)
    # One sample more at each end: what the recursion needs of the waves there.
    places = np.multiply.outer(np.arange(-1.0, row.size + 1) - (row.size - 1) / 2, pulses)
    parts = np.zeros((row.size + 2, count))
    parts[:, : sizes.size] = sizes * _wave(sign)(places)
    inside, stiffness = parts[1:-1], np.zeros(count)
    if sign > 0:  # flat stays flat
        parts[:, 0] *= 1 + (math.fsum(row) - math.fsum(inside.ravel())) / math.fsum(inside[:, 0])
    stiffness[: sizes.size] = 4 * np.sin(pulses / 2) ** 2
    nothing = np.zeros((1, count))
    sums = np.concatenate([nothing, inside])
    rises = sums - np.concatenate([inside, nothing])
    start = np.stack([rises, sums], axis=-1).reshape(row.size + 1, 2 * count)
    error = float(np.abs(inside.sum(axis=1) - row).sum() / np.abs(row).sum())
    return Waves(float(sign), stiffness, parts[1], parts[0], start, error)


def _missed(row: Taps, sign: int, count: int, stretch: float) -> float:
    """Return the share of a row that waves of a period miss, told by some of its taps."""
    _, sizes, missed = _fitted(row, sign, count, stretch)
    # Waves much larger than what they add up to lose digits.
    return missed + _LOST * float(np.abs(sizes).sum()) * row.size / float(np.abs(row).sum())


def _fitted(row: Taps, sign: int, count: int, stretch: float) -> tuple[Taps, Taps, float]:
    """Return the pulses of the waves, their sizes, and what share of the taps they miss.

    They are fitted to some of the taps. There is no constant among them, whose sum would go astray
    over many windows: half a turn fits a bell as well. A short row takes no more waves than make
    any row of its length.
    """
    some = slice(None, None, 1 + row.size // _SOME)
    places = (np.arange(0.0, row.size) - (row.size - 1) / 2)[some]
    enough = min(count, (row.size + 1) // 2)
    pulses: Taps = 2 * math.pi * np.arange(0.5, enough) / (stretch * row.size)
    waves = _wave(sign)(np.multiply.outer(places, pulses))
    sizes: Taps = np.linalg.lstsq(waves, row[some], rcond=_SMALL)[0]
    missed = np.abs(waves @ sizes - row[some]).sum() / np.abs(row[some]).sum()
    return pulses, sizes, float(missed)


def _wave(sign: int) -> np.ufunc:
    return np.cos if sign > 0 else np.sin
