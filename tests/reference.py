"""The slow truth: nested loops in float64, and nothing of imgkernels.

Every law compares with what is written here, so it is written to be read, not to be fast. Borders
are stated a second time, by walking back into the row, so that a slip in `Border.indices` shows.
"""

import itertools
import math

import numpy as np


def seen(border, i, n):
    """Which sample of a row of `n` lies at position `i`; None is the border value."""
    while not 0 <= i < n:
        match border:
            case "constant":
                return None
            case "replicate":
                i = 0 if i < 0 else n - 1
            case "wrap":
                i += n if i < 0 else -n
            case "symmetric":  # the mirror stands between two samples
                i = -1 - i if i < 0 else 2 * n - 1 - i
            case "reflect":  # the mirror stands on the last sample
                i = 0 if n == 1 else -i if i < 0 else 2 * (n - 1) - i
    return i


def sample(x, place, border, value):
    """The sample of `x` at a place that may lie beyond its edge."""
    found = [seen(border, i, n) for i, n in zip(place, x.shape, strict=False)]
    return value if None in found else x[tuple(found)]


def centres(n, before, after, extent, step):
    """Where the anchor stops along one axis of `n` samples."""
    first, end = {"same": (0, n), "valid": (before, n - after), "full": (-after, n + before)}[
        extent
    ]
    return range(first, end, step)


def correlate(x, taps, anchor, border, value=0.0, extent="same", stride=None, dilation=None):
    """Correlate `(*space)` or `(*space, C)`: for every output, add up tap times sample."""
    ones = (1,) * taps.ndim
    stops = [
        centres(n, a * d, (k - 1 - a) * d, extent, s)
        for n, a, k, s, d in zip(
            x.shape, anchor, taps.shape, stride or ones, dilation or ones, strict=False
        )
    ]
    y = np.zeros([len(row) for row in stops] + list(x.shape[taps.ndim :]))
    for out, centre in zip(np.ndindex(*map(len, stops)), itertools.product(*stops), strict=True):
        for at in np.ndindex(taps.shape):
            offsets = zip(centre, at, anchor, dilation or ones, strict=True)
            place = [c + (t - a) * d for c, t, a, d in offsets]
            y[out] += taps[at] * sample(x, place, border, value)
    return y


def rank(x, mask, anchor, place, border, value=0.0):
    """Sort what lies under the mask's true values, take the one at `place`; NaN wins."""
    y = np.empty_like(x)
    members = [m for m in np.ndindex(mask.shape) if mask[m]]
    for centre in np.ndindex(x.shape):
        places = [[c + t - a for c, t, a in zip(centre, m, anchor, strict=True)] for m in members]
        window = [sample(x, spot, border, value) for spot in places]
        y[centre] = math.nan if any(map(math.isnan, window)) else sorted(window)[place]
    return y
