"""Why two libraries' answers differ: their rules side by side, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels import dialect
from imgkernels.border import Border
from imgkernels.contrast import Contrast, Side, contrasts, own_border
from imgkernels.errors import InvalidValue
from imgkernels.image import Image
from imgkernels.step import Step
from imgkernels.values import Array


@dataclass(frozen=True)
class Difference:
    """How far two pictures are apart, in their own units; `where` the largest is: (y, x, channel).

    `share` is that of the pixels of which any channel differs; `unit` is "levels" or "of white".
    """

    share: float
    largest: float
    where: tuple[int, ...]
    unit: str

    def __str__(self) -> str:
        return f"{self.share:.2%} of the pixels, by up to {self.largest:.4g} {self.unit}"


@dataclass(frozen=True, eq=False)
class Explanation:
    """What two libraries make of one picture, and which of their rules differ.

    `with_border` is the difference that is left where both use `border`; None for both where they
    do so anyway, or have none in common. `picture` shows the difference times `amplified`, so
    that the largest is white.
    """

    filter: str
    names: tuple[str, str]
    calls: tuple[str, str]
    rules: tuple[Contrast, ...]
    difference: Difference
    border: Border | None
    with_border: Difference | None
    picture: Image
    amplified: float


def explain_diff(
    image: npt.ArrayLike | Image, filter: str, *, like: str | Sequence[str], **options: Any
) -> Explanation:
    """Compare what two libraries make of an image; with one library, it with our own rules.

    `options` are the filter's parameters, and `border`, `border_value`, `range`, `dtype` as for
    `apply`. Raises what `apply` raises, and `InvalidValue` for no library or more than two.

    >>> found = explain_diff(np.eye(9), "blur", like=("scipy", "torch"), sigma=2)
    Traceback (most recent call last):
    imgkernels.errors.UnknownName: torch has no blur; the nearest it has: box-blur
    """
    named = [like] if isinstance(like, str) else list(like)
    if not 1 <= len(named) <= 2:
        raise InvalidValue(f"explain-diff: name one library or two (like); got {len(named)}")
    known = {key: options.pop(key) for key in _OPTIONS & options.keys()}
    step = Step.of(filter, options)
    picture = image if isinstance(image, Image) else Image.of(image)
    likes = [None, *map(dialect.parse, named)][-2:]
    first, second = (Side(word, step, known) for word in likes)
    return _explained(first, second, picture)


_OPTIONS = {"border", "border_value", "range", "dtype"}


def _explained(first: Side, second: Side, picture: Image) -> Explanation:
    one, other = first.run(picture), second.run(picture)
    border = _common(first, second, picture)
    left = None
    if border is not None:
        left = difference(*(side.run(picture, border=border) for side in (first, second)))
    shown, amplified = _shown(one, other)
    return Explanation(
        first.step.filter,
        (first.name, second.name),
        (first.call, second.call),
        tuple(contrasts(first, second, picture)),
        difference(one, other),
        border,
        left,
        shown,
        amplified,
    )


def difference(one: Image, other: Image) -> Difference:
    """Measure how far two pictures are apart; NaN is like NaN, and infinitely far from the rest."""
    off = _apart(one, other)
    unit = "levels" if one.pixels.dtype.kind in "iu" else "of white"
    whole = off / one.white if unit == "of white" else off
    if not off.size:
        return Difference(0.0, 0.0, (), unit)
    at = np.unravel_index(int(off.argmax()), off.shape)
    differ = (off > 0).any(axis=-1) if one.axes.endswith("c") else off > 0
    return Difference(
        float(differ.mean()), float(whole.max()), tuple(map(int, at)) if off.any() else (), unit
    )


def _apart(one: Image, other: Image) -> Array:
    a, b = (side.pixels.astype(np.float64) for side in (one, other))
    with np.errstate(invalid="ignore"):
        off = np.abs(a - b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.where(same, 0.0, np.where(np.isnan(off), np.inf, off))


def _shown(one: Image, other: Image) -> tuple[Image, float]:
    """Return the difference of the colours as a picture, and by how much it is amplified."""
    off = _apart(one, other)
    off = off[..., :-1] if one.alpha else off
    limited = off[np.isfinite(off)].max(initial=0.0)
    factor = float(one.white / limited) if limited else 1.0
    dtype = one.pixels.dtype
    shown = (off * factor).clip(0, one.white)
    shown = np.rint(shown) if dtype.kind in "iu" else shown
    picture = replace(one, pixels=np.ascontiguousarray(shown.astype(dtype)), alpha=False)
    return picture, factor


def _common(first: Side, second: Side, picture: Image) -> Border | None:
    """Return a border that both have, where their own differ: one of these two sooner than any."""
    one, other = (own_border(side.operation(picture)) for side in (first, second))
    if one is other:
        return None
    both = [border for border in first.borders if border in second.borders]
    wished = [border for border in (one, other) if border in both]
    return next(iter(wished + both), None)
