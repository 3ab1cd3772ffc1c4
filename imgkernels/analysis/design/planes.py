"""Two pictures as planes that lie on each other: what was checked, cut and left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.analysis.design.moments import Mask
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.image import Image
from imgkernels.values import Array, white_of

Picture = npt.ArrayLike | Image

_MANY = 1e-3  # the share of a float picture at its extreme that tells a limit from a peak


@dataclass(frozen=True)
class Pair:
    """A picture before and after, `(*space, C)` each, and the limits that the answer was cut to.

    `step` is what the answer was rounded to, 1 for whole numbers, 0 for others; `white` is that
    of the answer.
    """

    before: Array
    after: Array
    limits: tuple[float, float]
    step: float
    white: float

    @property
    def ndim(self) -> int:
        """The number of axes in space."""
        return self.before.ndim - 1

    @property
    def channels(self) -> int:
        """The number of channels, alpha left out."""
        return int(self.before.shape[-1])

    def laid(
        self, channel: int, window: tuple[int, ...], shift: tuple[int, ...]
    ) -> tuple[Array, Array, Mask | None]:
        """Return a channel before and after, cut so that every answer has its window inside.

        The window is centred `shift` pixels from its answer. The mask says which answers are not
        at a limit; None where all are to be used.
        """
        cuts = [_cut(*sizes) for sizes in zip(self.before.shape, window, shift, strict=False)]
        windows, answers = zip(*cuts, strict=True)
        x = self.before[..., channel][windows]
        y = self.after[..., channel][answers]
        used = (y > self.limits[0]) & (y < self.limits[1])
        enough = np.count_nonzero(used) > 4 * math.prod(window)
        return x, y, used if enough and not used.all() else None


def paired(before: Picture, after: Picture, axes: str | None = None) -> Pair:
    """Check two pictures and bring them to `(*space, C)`; raise `UnsupportedImage`."""
    one, other = (_planes(p, axes, who) for p, who in ((before, "before"), (after, "after")))
    if one.shape != other.shape:
        raise UnsupportedImage(
            f"design: both pictures must have one shape; got {one.shape} before and "
            f"{other.shape} after"
        )
    whole = other.dtype.kind in "iu" or bool((other == np.rint(other)).all())
    return Pair(one, other, _limits(other), 1.0 if whole else 0.0, white_of(other.dtype))


def window_of(size: int | Sequence[int], pair: Pair) -> tuple[int, ...]:
    """Return one size per axis; raise `InvalidValue` for none that fits the picture."""
    sizes = tuple(size) if isinstance(size, Sequence) else (size,) * pair.ndim
    fits = len(sizes) == pair.ndim and all(
        isinstance(n, int | np.integer) and 1 <= n <= 31 for n in sizes
    )
    if not fits:
        raise InvalidValue(
            f"design: size must be from 1 to 31 taps, or {pair.ndim} such numbers; got {size!r}"
        )
    windows = math.prod(max(0, n - k + 1) for n, k in zip(pair.before.shape, sizes, strict=False))
    if windows < math.prod(sizes) + 2:
        taps = " x ".join(map(str, sizes))
        raise InvalidValue(
            f"design: {taps} taps need more windows inside the picture than its shape "
            f"{pair.before.shape[:-1]} has; give a smaller size"
        )
    return tuple(int(n) for n in sizes)


def _planes(picture: Picture, axes: str | None, who: str) -> Array:
    image = picture if isinstance(picture, Image) else Image.of(picture, axes)
    x = image.pixels if image.axes.endswith("c") else image.pixels[..., np.newaxis]
    x = x[..., :-1] if image.alpha else x
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        raise UnsupportedImage(f"design: the picture {who} must be finite; got NaN or infinity")
    return x


def _limits(x: Array) -> tuple[float, float]:
    """Return between what values an answer is known to be as it was before it was cut."""
    if x.size == 0:
        return -math.inf, math.inf
    if x.dtype.kind in "iu":
        info = np.iinfo(x.dtype)
        return float(info.min), float(info.max)
    low, high = x.min(), x.max()
    cut = [np.count_nonzero(x == extreme) > _MANY * x.size for extreme in (low, high)]
    return float(low) if cut[0] else -math.inf, float(high) if cut[1] else math.inf


def _cut(size: int, taps: int, shift: int) -> tuple[slice, slice]:
    """Return where the windows and the answers of one axis lie."""
    before, after = taps // 2, taps - 1 - taps // 2
    first, end = max(0, before - shift), min(size, size - after - shift)
    return slice(first + shift - before, end + shift + after), slice(first, end)
