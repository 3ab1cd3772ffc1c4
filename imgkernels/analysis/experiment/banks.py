"""Banks of kernels for a network's first layer, each kernel of length 1.

A bank is `(size, size, filters)`: what one layer of the experiment sees its pictures through.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from imgkernels import filters, kernels
from imgkernels.errors import InvalidValue, UnknownName
from imgkernels.kernel import Kernel
from imgkernels.step import Step
from imgkernels.values import Floats

LEARNED, RANDOM = "learned", "random"
_MASKS = 9  # of Frei and Chen


def _sobel(size: int, count: int) -> list[Kernel]:
    """Return Sobel's kernel turned to so many directions around the circle."""
    along_x, along_y = kernels.sobel("x"), kernels.sobel("y")
    turns = [2 * math.pi * n / count for n in range(count)]
    return [math.cos(turn) * along_x + math.sin(turn) * along_y for turn in turns]


def _gabor(size: int, count: int) -> list[Kernel]:
    """Return waves that just fit the window, odd and even in turn, directions over a half turn."""
    directions = max(1, -(-count // 2))
    made = []
    for number in range(count):
        theta = math.pi * (number // 2) / directions
        wave = kernels.gabor(size / 4, theta, size * 0.8, 1.0, math.pi / 2 * (number % 2), size)
        made.append(Kernel(wave.taps - wave.taps.mean()))  # flat parts of a picture say nothing
    return made


def _frei_chen(size: int, count: int) -> list[Kernel]:
    if count > _MASKS:
        raise InvalidValue(f"experiment: Frei and Chen have {_MASKS} masks; got filters {count}")
    return [kernels.frei_chen(number) for number in range(1, count + 1)]


BANKS: dict[str, Callable[[int, int], list[Kernel]]] = {
    "sobel": _sobel,
    "gabor": _gabor,
    "frei-chen": _frei_chen,
}


def handcrafted(word: str, size: int, count: int) -> Floats:
    """Return a bank by its name, or the kernels of any filter of two axes that has some.

    Raises `UnknownName` for what is neither, `InvalidValue` for kernels that do not fit.
    """
    made = BANKS[word](size, count) if word in BANKS else _of_filter(word)
    if any(max(kernel.shape) > size for kernel in made):
        largest = max(max(kernel.shape) for kernel in made)
        raise InvalidValue(f"experiment: {word} takes a size of {largest} or more; got {size}")
    return np.stack([unit(_framed(kernel, size)) for kernel in made], axis=-1)


def _of_filter(word: str) -> list[Kernel]:
    try:
        filters.get(word if filters.is_opened(word) else word.partition(":")[0])
    except UnknownName as error:
        banks = ", ".join([LEARNED, RANDOM, *BANKS])
        raise UnknownName(f"{error}; banks are {banks}, and every filter with kernels") from None
    step = Step.parse(word)
    found = list(filters.get(step.filter).kernels(**dict(step.params)))
    if not found or found[0].ndim != 2:
        raise InvalidValue(f"experiment: {step} has no kernels of two axes")
    return found


def _framed(kernel: Kernel, size: int) -> Floats:
    """Return the taps with their anchor in the middle of a window."""
    taps = np.zeros((size, size))
    corner = [size // 2 - a for a in kernel.anchor]
    if any(c < 0 or c + n > size for c, n in zip(corner, kernel.shape, strict=True)):
        raise InvalidValue(f"experiment: a kernel's anchor {kernel.anchor} leaves no room for it")
    taps[tuple(slice(c, c + n) for c, n in zip(corner, kernel.shape, strict=True))] = kernel.taps
    return taps


def unit(taps: Floats) -> Floats:
    """Return taps scaled to length 1, so that no bank speaks louder than another."""
    length = float(np.linalg.norm(taps))
    return taps / length if length else taps
