"""Which mirrors and turns leave a kernel as it is, and which turn it into its negative."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgkernels.kernel import Kernel
from imgkernels.taps import Taps

# Relative to the pair of taps that are compared, and to the largest tap of all.
_ALIKE, _NOISE = 1e-9, 1e-14

_PLANE: dict[
    tuple[tuple[int, ...], tuple[bool, ...]], str
] = {  # the mirrors and turns of a square, by how they exchange and flip (y, x)
    ((0, 1), (False, True)): "left-right mirror",
    ((0, 1), (True, False)): "top-bottom mirror",
    ((0, 1), (True, True)): "half turn",
    ((1, 0), (False, False)): "mirror at the falling diagonal",
    ((1, 0), (True, True)): "mirror at the rising diagonal",
    ((1, 0), (True, False)): "quarter turn left",
    ((1, 0), (False, True)): "quarter turn right",
}
_WHOLE = {1: "the mirror", 2: "every mirror and turn of the square", 3: "of the cube, all 48"}


class Turn(NamedTuple):
    """A mirror or turn of the grid: axis `axes[i]` is laid along axis `i`, flipped or not."""

    axes: tuple[int, ...]
    flips: tuple[bool, ...]

    def __str__(self) -> str:
        if len(self.axes) == 1:
            return "mirror"
        if len(self.axes) == 2:
            return _PLANE[self.axes, self.flips]
        marks = zip(self.axes, self.flips, strict=True)
        return "zyx to " + "".join("zyx"[a].upper() if flip else "zyx"[a] for a, flip in marks)

    def of(self, taps: Taps) -> Taps:
        """Turn an array about its middle."""
        turned = taps.transpose(self.axes)
        return turned[tuple(slice(None, None, -1 if flip else None) for flip in self.flips)]


def turns(ndim: int) -> tuple[Turn, ...]:
    """Return every mirror and turn of the grid but the one that changes nothing: 1, 7 or 47."""
    axes = itertools.permutations(range(ndim))
    flips = itertools.product((False, True), repeat=ndim)
    found = (Turn(a, f) for a, f in itertools.product(axes, list(flips)))
    return tuple(t for t in found if any(t.flips) or t.axes != tuple(range(ndim)))


def mirror(axis: int, ndim: int) -> Turn:
    """Return the mirror that flips one axis."""
    return Turn(tuple(range(ndim)), tuple(a == axis for a in range(ndim)))


def symmetric(kernel: Kernel, turn: Turn, sign: int = 1) -> bool:
    """Tell whether the taps, turned about the middle of the window, are `sign` times themselves."""
    if tuple(kernel.shape[a] for a in turn.axes) != kernel.shape:
        return False
    if kernel.factors is None:
        return not unlike(turn.of(kernel.taps), sign * kernel.taps).any()
    if not all(row.any() for row in kernel.factors):
        return True  # nothing but zeros
    # By its rows: each turned row must be a multiple of the row that is there.
    scale = 1.0
    for here, there, flip in zip(range(kernel.ndim), turn.axes, turn.flips, strict=True):
        row, moved = kernel.factors[here], kernel.factors[there]
        moved = moved[::-1] if flip else moved
        share = float(row @ moved) / (float(row @ row) or 1.0)
        if unlike(moved, share * row).any():
            return False
        scale *= share
    return abs(scale - sign) <= _ALIKE


def unlike(a: Taps, b: Taps) -> npt.NDArray[np.bool_]:
    """Tell where two arrays differ by more than rounding."""
    sizes = np.maximum(np.abs(a), np.abs(b))
    apart: npt.NDArray[np.bool_] = np.abs(a - b) > _ALIKE * sizes + _NOISE * sizes.max()
    return apart


def symmetries(kernel: Kernel, sign: int = 1) -> tuple[Turn, ...]:
    """Return the mirrors and turns after which the kernel is `sign` times itself.

    >>> [str(turn) for turn in symmetries(Kernel([[1, 2, 1]]))]
    ['left-right mirror', 'top-bottom mirror', 'half turn']
    """
    return tuple(turn for turn in turns(kernel.ndim) if symmetric(kernel, turn, sign))


def in_words(found: tuple[Turn, ...], ndim: int) -> str:
    """Name mirrors and turns in a line: all of them, or one by one."""
    if not found:
        return "none"
    if len(found) == len(turns(ndim)):
        return _WHOLE[ndim]
    if ndim < 3:
        return ", ".join(map(str, found))
    plain = [f"mirror along {'zyx'[axis]}" for axis in range(3) if mirror(axis, 3) in found]
    return ", ".join([*plain, f"{len(found) + 1} of the 48 of the cube"])
