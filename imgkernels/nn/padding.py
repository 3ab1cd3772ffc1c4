"""What is laid around an image before a window runs over it; sizes that come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from imgkernels.border import Border, pad
from imgkernels.errors import InvalidValue, did_you_mean
from imgkernels.values import Floats

Pairs = tuple[tuple[int, int], ...]
WORDS = ("valid", "same", "keras:same", "torch:same", "full", "causal")


@dataclass(frozen=True)
class Padding:
    """A rule, or the (before, after) of each axis.

    "valid": none. "same" or "keras:same" (TensorFlow's): `ceil(n / stride)` come out, what is
    missing is shared, the odd one after; so the place of the window depends on n and stride.
    "torch:same": what stride 1 needs, whatever the stride, the odd one after. "full": every window
    that touches the image. "causal" (1-D): all before.
    """

    word: str = "valid"
    given: Pairs = ()

    @classmethod
    def parse(cls, who: str, what: Any, ndim: int) -> Padding:
        """Read a word in any case, a number, one number per axis, or a pair per axis."""
        if isinstance(what, Padding):
            return what
        if isinstance(what, str):
            word = what.lower()
            if word not in WORDS or (word == "causal" and ndim != 1):
                words = WORDS if ndim == 1 else WORDS[:-1]
                raise InvalidValue(
                    f"{who}: padding must be one of {', '.join(words)}, or numbers; "
                    f"got {what!r}{did_you_mean(word, words)}"
                )
            return cls(word.removeprefix("keras:"))
        each = what if isinstance(what, Sequence) else (what,) * ndim
        pairs = tuple(tuple(p) if isinstance(p, Sequence) else (p, p) for p in each)
        whole = all(len(p) == 2 and all(_whole(n, 0) for n in p) for p in pairs)
        if len(pairs) != ndim or not whole:
            raise InvalidValue(
                f"{who}: padding must be a word, a number from 0, or {ndim} numbers or pairs of "
                f"them; got {what!r}"
            )
        return cls("explicit", tuple((int(p[0]), int(p[1])) for p in pairs))

    def pairs(
        self,
        space: tuple[int, ...],
        window: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
    ) -> Pairs:
        """Return what is laid before and after each axis."""
        if self.word == "explicit":
            return self.given
        reach = [(k - 1) * d for k, d in zip(window, dilation, strict=True)]
        match self.word:
            case "valid":
                return ((0, 0),) * len(space)
            case "full":
                return tuple((r, r) for r in reach)
            case "causal":
                return tuple((r, 0) for r in reach)
            case "torch:same":
                return tuple((r // 2, r - r // 2) for r in reach)
        missing = [
            max(0, (-(-n // s) - 1) * s + r + 1 - n)
            for n, s, r in zip(space, stride, reach, strict=True)
        ]
        return tuple((m // 2, m - m // 2) for m in missing)


def sizes(
    who: str,
    space: tuple[int, ...],
    padding: Pairs,
    window: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[int, ...]:
    """Return how many places of the window there are on each axis; raise where there is none.

    `(M - K + 2 P) / S + 1`, rounded down.
    """
    room = [
        n + sum(p) - (k - 1) * d - 1
        for n, p, k, d in zip(space, padding, window, dilation, strict=True)
    ]
    if min(room) < 0:
        raise InvalidValue(
            f"{who}: the window {window} is larger than the padded input; got {space}"
            + (f" with padding {padding}" if any(map(any, padding)) else "")
        )
    return tuple(r // s + 1 for r, s in zip(room, stride, strict=True))


def per_axis(who: str, name: str, value: Any, ndim: int) -> tuple[int, ...]:
    """Read a whole number from 1, or one for each axis."""
    each = tuple(value) if isinstance(value, Sequence) else (value,) * ndim
    if len(each) != ndim or not all(_whole(n, 1) for n in each):
        raise InvalidValue(
            f"{who}: {name} must be a whole number from 1"
            + (f", or {ndim} of them" if ndim > 1 else "")
            + f"; got {value!r}"
        )
    return tuple(int(n) for n in each)


def whole(who: str, name: str, value: Any, least: int = 1) -> int:
    """Read a whole number."""
    if not _whole(value, least):
        raise InvalidValue(f"{who}: {name} must be a whole number from {least}; got {value!r}")
    return int(value)


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def lay(x: Floats, pairs: Pairs, border: Border, value: float = 0.0) -> Floats:
    """Lay a border around the axes in space of `(N, *space, C)`; the array itself if none."""
    if not any(map(any, pairs)):
        return x
    return pad(x, [(0, 0), *pairs, (0, 0)], border, value)


def unlay(grad: Floats, pairs: Pairs, border: Border) -> Floats:
    """Bring the gradient of a padded array back: what was copied out is added where it came from.

    The adjoint of `lay`, axis after axis in the opposite order.
    """
    if not any(map(any, pairs)):
        return grad
    for axis in range(len(pairs), 0, -1):
        before, after = pairs[axis - 1]
        size = grad.shape[axis] - before - after
        rows = np.moveaxis(grad, axis, 0)
        inner = rows[before : before + size].copy()
        if border is not Border.CONSTANT:
            index = border.indices(size, before, after)
            for place in (*range(before), *range(before + size, len(rows))):
                inner[index[place]] += rows[place]
        grad = np.moveaxis(inner, 0, axis)
    return np.ascontiguousarray(grad)
