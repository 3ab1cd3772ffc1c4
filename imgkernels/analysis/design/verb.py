"""`design`: the kernel that turns one picture into the other, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from imgkernels.analysis.design.fit import Fit, Wish, fitted
from imgkernels.analysis.design.planes import Pair, Picture, paired, window_of
from imgkernels.analysis.design.rivals import CLIPPED, Rival, rivals
from imgkernels.analysis.design.words import sentence
from imgkernels.analysis.identify import identify
from imgkernels.analysis.identify.words import called
from imgkernels.errors import unknown
from imgkernels.kernel import Kernel

Channels = Literal["one", "each"]


@dataclass(frozen=True)
class Design:
    """What was found: one fit for all channels, or one for each.

    `rivals` is empty where the kernels explain the pair; else the noise of the kernel itself
    comes first, then that of a clipped kernel, a point-wise curve and medians. `called` says for
    each fit what `identify` calls its kernel; it is empty where the kernels do not explain the pair
    or the pictures do not determine them.
    """

    fits: tuple[Fit, ...]
    rivals: tuple[Rival, ...]
    white: float
    called: tuple[str, ...]

    @property
    def kernel(self) -> Kernel:
        """The kernel; that of the first channel where there are several."""
        return self.fits[0].kernel

    @property
    def offset(self) -> float:
        """What is added after the kernel, in values of the picture after."""
        return self.fits[0].offset

    @property
    def explains(self) -> bool:
        """Whether the kernels explain the pair: what is left is rounding, clipping included."""
        return not self.rivals

    @property
    def sentence(self) -> str:
        """The finding in words, every number from the fields."""
        return sentence(self.fits, self.rivals, self.white, self.called)

    def __str__(self) -> str:
        return self.sentence


def design(
    before: Picture,
    after: Picture,
    *,
    size: int | Sequence[int] = 3,
    channels: Channels = "one",
    symmetric: bool = False,
    separable: bool = False,
    snap: bool = False,
    axes: str | None = None,
) -> Design:
    """Return the least-squares kernel and offset that turn one picture into the other.

    `before` and `after` are arrays or `Image`s of one shape, any dtype, values as they are; alpha
    is left out. `size`: taps on each axis, 1 to 31, one or one per axis. `channels`: "one" kernel
    for all, or "each" its own. `symmetric`: the same when mirrored on any axis; `separable`: one
    row per axis. `snap`: small whole numbers over a divisor, where the pictures cannot tell.

    Windows that reach over the edge and answers at a limit (0 and 255 in 8 bits) are left out, so
    neither the border nor clipping bends the taps. Where the pictures leave some direction open,
    the taps are the ones of least norm and their confidence is infinite.
    Raises `UnsupportedImage` and `InvalidValue` (ValueError), `UnknownName` (LookupError).

    >>> import numpy as np
    >>> x = np.random.default_rng(0).integers(0, 256, (32, 32)).astype(float)
    >>> y = 2 * x - np.roll(x, 1, 1)
    >>> design(x, y, size=3, snap=True).kernel.taps.tolist()
    [[0.0, 0.0, 0.0], [-1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
    """
    if channels not in get_args(Channels):
        raise unknown("way with channels", str(channels), get_args(Channels))
    pair = paired(before, after, axes)
    wish = Wish(window_of(size, pair), symmetric, separable, snap)
    every = tuple(range(pair.channels))
    groups = [every] if channels == "one" else [(channel,) for channel in every]
    fits = tuple(fitted(pair, group, wish) for group in groups)
    doubts = _doubts(pair, groups, fits, wish)
    return Design(fits, doubts, pair.white, () if doubts else _called(fits))


def _called(fits: tuple[Fit, ...]) -> tuple[str, ...]:
    if not all(fit.determined and fit.kernel.taps.any() for fit in fits):
        return ()
    return tuple(called(identify(fit.kernel)) for fit in fits)


def _doubts(
    pair: Pair, groups: Sequence[tuple[int, ...]], fits: tuple[Fit, ...], wish: Wish
) -> tuple[Rival, ...]:
    """Return the rivals of the first fit that does not explain its channels, clipping included."""
    for group, fit in zip(groups, fits, strict=True):
        if fit.explains and fit.clipped == 0:
            continue
        tried = rivals(pair, group, fit, wish)
        clipped = next(rival for rival in tried if rival.name == CLIPPED)
        if not fit.explains or clipped.noise > fit.allowed:
            return tried
    return ()
