"""What is to be ranked: the windows of an extended image, and the place of the answer in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from imgkernels.kernel import Kernel


@dataclass(frozen=True)
class Task:
    """Windows that lie inside an image of a shape, `(*space, C)`, and a dtype, without NaN."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    window: Kernel
    place: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """The window's size along each axis."""
        return self.window.shape

    @cached_property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Which samples of the window compete."""
        mask: npt.NDArray[np.bool_] = self.window.taps != 0
        return mask

    @cached_property
    def members(self) -> int:
        """How many they are."""
        return int(np.count_nonzero(self.inside))

    @property
    def full(self) -> bool:
        """Whether every sample of the window competes."""
        return self.members == self.window.size

    @property
    def square(self) -> int:
        """The side of a full square window of odd size whose middle value is asked for, or 0."""
        side = self.sizes[0]
        middle = self.full and self.place == self.members // 2 and self.window.ndim == 2
        return side if middle and side % 2 == 1 and set(self.sizes) == {side} else 0

    @property
    def values(self) -> int:
        """The number of answers."""
        return math.prod(self.answered) * self.shape[-1]

    @property
    def answered(self) -> tuple[int, ...]:
        """The size of the answer along each axis."""
        return tuple(n - k + 1 for n, k in zip(self.shape, self.sizes, strict=False))

    def answers_at(self, corner: tuple[int, ...]) -> tuple[slice, ...]:
        """Return where the answers lie in an image whose windows are named by this corner."""
        return tuple(slice(c, c + n) for c, n in zip(corner, self.answered, strict=True))
