"""What to compute: a grouped N-D correlation. No word about how."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from imgkernels.border import Border
from imgkernels.kernel import Kernel
from imgkernels.values import compute_dtype

Extent = Literal["same", "valid", "full"]
Channels = Literal["each", "sum"]
EXTENTS: tuple[Extent, ...] = ("same", "valid", "full")
CHANNELS: tuple[Channels, ...] = ("each", "sum")


@dataclass(frozen=True)
class Problem:
    """A correlation of `(N, *space, C)` with weights, giving `(N, *out_space, outputs)`.

    Either one `kernel` serves every channel by itself (`groups == outputs == C`), or the weights,
    of shape `(*window, C // groups, outputs)`, come when it is run. A kernel is dilated before it
    comes here; `holes` tells by how much, as what lies in a hole is not in the window.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    window: tuple[int, ...]
    anchor: tuple[int, ...]
    outputs: int
    groups: int
    kernel: Kernel | None = None
    border: Border = Border.REFLECT
    border_value: float = 0.0
    extent: Extent = "same"
    stride: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    holes: tuple[int, ...] = ()

    @classmethod
    def of_kernel(
        cls,
        shape: tuple[int, ...],
        dtype: np.dtype[np.generic],
        kernel: Kernel,
        *,
        border: Border = Border.REFLECT,
        border_value: float = 0.0,
        extent: Extent = "same",
        stride: tuple[int, ...] | None = None,
        dilation: tuple[int, ...] | None = None,
    ) -> Problem:
        """Pose the problem of one kernel for every channel of `(N, *space, C)`."""
        ones = (1,) * kernel.ndim
        spread = kernel.dilated(dilation or ones)
        channels = shape[-1]
        return cls(
            shape, dtype, spread.shape, spread.anchor, channels, channels, spread,
            border, border_value, extent, stride or ones, ones, dilation or ones,
        )  # fmt: skip

    @property
    def space(self) -> tuple[int, ...]:
        """The size of the image on each axis of the kernel."""
        return self.shape[1:-1]

    @property
    def ndim(self) -> int:
        """The number of spatial axes."""
        return len(self.window)

    @property
    def channels(self) -> int:
        """The number of channels that come in."""
        return self.shape[-1]

    @property
    def taps(self) -> int:
        """Multiplications per output sample, counted densely."""
        return math.prod(self.window) * (self.channels // max(self.groups, 1))

    @property
    def compute(self) -> np.dtype[np.floating]:
        """The dtype the sums are made and returned in."""
        return compute_dtype(self.dtype)

    @cached_property
    def reach(self) -> tuple[tuple[int, int], ...]:
        """How far the window reaches before and after its anchor on each axis."""
        spans = [(n - 1) * step for n, step in zip(self.window, self.dilation, strict=True)]
        before = [a * step for a, step in zip(self.anchor, self.dilation, strict=True)]
        return tuple((b, s - b) for b, s in zip(before, spans, strict=True))

    @cached_property
    def margins(self) -> tuple[tuple[int, int], ...]:
        """How many samples of border the extent needs before and after each axis."""
        if self.extent == "valid":
            return ((0, 0),) * self.ndim
        if self.extent == "full":
            return tuple((b + a, b + a) for b, a in self.reach)
        return self.reach

    @cached_property
    def dense_space(self) -> tuple[int, ...]:
        """The output's size on each axis before the stride picks from it."""
        sizes = zip(self.space, self.margins, self.reach, strict=True)
        return tuple(max(0, n + sum(margin) - sum(reach)) if n else 0 for n, margin, reach in sizes)

    @cached_property
    def out_space(self) -> tuple[int, ...]:
        """The output's size on each axis."""
        return tuple(-(-n // step) for n, step in zip(self.dense_space, self.stride, strict=True))

    @property
    def out_shape(self) -> tuple[int, ...]:
        """The output's shape, `(N, *out_space, outputs)`."""
        return (self.shape[0], *self.out_space, self.outputs)

    @property
    def empty(self) -> bool:
        """Whether nothing goes in or nothing comes out."""
        return 0 in self.shape or 0 in self.out_shape
