"""What a filter answers on pictures that give it away: an even grey, slopes, bowls, a single pixel.

So operations are compared by what they do, whatever kernels and casts they are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.image import Image
from imgkernels.values import Array, Floats

SIZE = 129  # px on a side: room for a wide blur
_TURNS: dict[str, Callable[[Floats], Floats]] = {
    "as it is": lambda y: y,
    "turned by 180 degrees": lambda y: y[::-1, ::-1],
    "upside down": lambda y: y[::-1],
    "mirrored": lambda y: y[:, ::-1],
}

Filtering = Callable[[Image], Array]


@dataclass(frozen=True)
class Answers:
    """What a filter answers in the middle of a probe; slopes and bends in units of their input.

    `grey` is the answer to an even grey, as a share of it. `bump` is the answer to one pixel
    brighter, half of it less the answer to one darker: the kernel, where there is one.
    """

    grey: float
    rising_x: float
    falling_x: float
    rising_y: float
    falling_y: float
    peak: float
    valley: float
    bump: Floats

    @property
    def reach(self) -> str:
        """How wide what one pixel changes is: "13 x 13", or "nothing"."""
        at = np.argwhere(self.bump)
        if not at.size:
            return "nothing"
        return " x ".join(str(n) for n in at.max(axis=0) - at.min(axis=0) + 1)

    def turn_to(self, other: Answers) -> str:
        """Return how this kernel is to be turned to go with another one, signs aside."""
        own, due = self.bump, other.bump
        likeness = {w: round(abs(float(np.vdot(turn(own), due))), 6) for w, turn in _TURNS.items()}
        size = float(np.linalg.norm(own) * np.linalg.norm(due))
        best = max(likeness, key=likeness.__getitem__)
        return best if likeness[best] > likeness["as it is"] + 0.05 * size else "as it is"


def answers(filtering: Filtering, like: Image) -> Answers:
    """Ask a filter about probes of the dtype, white and channels of a picture of two axes."""

    def ask(shares: Floats) -> Floats:
        answer = filtering(_probe(shares, like)).astype(np.float64) / like.white
        return answer if answer.ndim == 2 else answer[..., 0]

    y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
    middle, bend = (SIZE // 2,) * 2, (x * x + y * y) * BEND / 2
    base, grey = _grey(lambda base: float(ask(np.full(x.shape, base))[middle]))
    room = 0.8 * base
    lit, dim = (ask(np.where((x == 0) & (y == 0), base + step, base)) for step in (room, -room))

    def slope(shares: Floats, unit: float) -> float:
        return (float(ask(base + shares.clip(-room, room))[middle]) - grey) / unit

    rising_x, falling_x, rising_y, falling_y = (slope(d * STEP, STEP) for d in (x, -x, y, -y))
    peak, valley = (slope(way, BEND) for way in (-bend, bend))
    bump = (lit - dim) / (2 * room)
    return Answers(grey / base, rising_x, falling_x, rising_y, falling_y, peak, valley, bump)


def _grey(ask: Callable[[float], float]) -> tuple[float, float]:
    """Return a grey, the brightest of a few whose answer is not all white, and that answer."""
    answered = [(base, ask(base)) for base in _GREYS]
    return next((pair for pair in answered if pair[1] < 0.95), answered[0])


STEP, BEND = 4 / 255, 2 / 255  # of white; whole levels of 8 and of 16 bits
_GREYS = (0.5, 0.125, 0.03)


def _probe(shares: Floats, like: Image) -> Image:
    x = (shares.clip(0, 1) * like.white).astype(np.float64)
    x = np.floor(x + 0.5) if like.pixels.dtype.kind in "iu" else x
    x = x.astype(like.pixels.dtype)
    pixels = x if like.axes == "yx" else np.repeat(x[..., np.newaxis], like.pixels.shape[-1], -1)
    if like.alpha:
        pixels[..., -1] = like.pixels.dtype.type(like.white)
    return replace(like, pixels=pixels)
