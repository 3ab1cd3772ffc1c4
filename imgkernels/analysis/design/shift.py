"""How far a kernel lies from its pixel: where the pair's impulse response is strongest."""

from __future__ import annotations

from functools import reduce

import numpy as np

from imgkernels.analysis.design.planes import Pair
from imgkernels.taps import Taps

_SIDE = {1: 4096, 2: 512, 3: 64}  # of the cut that is looked at
_DAMPING = 1e-3  # of the mean power: frequencies far below it say nothing


def shift_of(pair: Pair, window: tuple[int, ...]) -> tuple[int, ...]:
    """Return by how many pixels on each axis the window of the strongest response is off.

    Found in the middle of the first channel by dividing spectra; shifts to a quarter of the cut.
    """
    cuts = tuple(_middle(n, _SIDE[pair.ndim]) for n in pair.before.shape[:-1])
    taper = reduce(np.multiply.outer, (np.hanning(c.stop - c.start + 2)[1:-1] for c in cuts))
    x, y = (_tapered(p[..., 0][cuts], taper) for p in (pair.before, pair.after))
    seen = np.fft.rfftn(x)
    power = np.abs(seen) ** 2
    ratio = np.fft.rfftn(y) * seen.conj() / (power + _DAMPING * power.mean() + 1e-300)
    energy = np.fft.irfftn(ratio.conj(), x.shape, axes=range(x.ndim)) ** 2
    for axis, size in enumerate(window):
        energy = _summed(energy, axis, size)
    far = [np.minimum(np.arange(n), n - np.arange(n)) > max(1, n // 4) for n in x.shape]
    for axis, beyond in enumerate(far):
        energy.swapaxes(0, axis)[beyond] = -1.0
    peak = np.unravel_index(int(np.argmax(energy)), x.shape)
    return tuple(int(p) if p <= n // 2 else int(p) - n for p, n in zip(peak, x.shape, strict=True))


def _middle(size: int, side: int) -> slice:
    start = max(0, (size - side) // 2)
    return slice(start, min(size, start + side))


def _tapered(x: Taps, taper: Taps) -> Taps:
    values = x.astype(np.float64)
    centred: Taps = (values - values.mean()) * taper
    return centred


def _summed(energy: Taps, axis: int, size: int) -> Taps:
    """Add up the window around each place, going round the ends."""
    return sum(
        (np.roll(energy, size // 2 - step, axis) for step in range(size)), np.zeros_like(energy)
    )
