"""Operations with a border of their own, and those that leave the edge as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from imgkernels.border import Border
from imgkernels.engine.methods import method_named
from imgkernels.engine.methods.plane import MOST_CHANNELS
from imgkernels.kernel import Kernel
from imgkernels.operations.operation import Frame, Operation
from imgkernels.operations.reach import Reach, widest
from imgkernels.values import Array


@dataclass(frozen=True)
class Framed:
    """An operation that sees its own border, whatever the frame says, and may wish a method.

    `value` is what lies beyond a constant border, None for the frame's; `method` is taken where
    the user asked for none and where this machine has it: sums of floats depend on their order.
    """

    over: Operation
    border: Border
    value: float | None = None
    method: str = "auto"

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the operation."""
        return self.over.kernels

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the operation; a tile that wraps as the frame says can have no other edge."""
        other = self.border is not frame.border and Border.WRAP in (self.border, frame.border)
        return None if other else self.over.reach(self._own(frame))

    def run(self, x: Array, frame: Frame) -> Array:
        """Run the operation within its border."""
        return self.over.run(x, self._own(frame, x.shape[-1]))

    def _own(self, frame: Frame, channels: int = 1) -> Frame:
        value = frame.border_value if self.value is None else self.value
        method = frame.method
        able = frame.ndim == 2 and channels <= MOST_CHANNELS  # what OpenCV's methods take
        if able and "auto" == method != self.method and _is_there(self.method):
            method = self.method
        return replace(frame, border=self.border, border_value=value, method=method)


def _is_there(method: str) -> bool:
    return method_named(method).missing() is None


@dataclass(frozen=True)
class Margin:
    """An operation whose answer counts only where its window lies inside; the edge is kept.

    `margins` are the numbers of pixels that stay as they came, before and after on each axis.
    """

    over: Operation
    margins: tuple[tuple[int, int], ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the operation."""
        return self.over.kernels

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the operation, and as far as the margins tell an edge."""
        return widest((self.over.reach(frame), self.margins))

    def run(self, x: Array, frame: Frame) -> Array:
        """Run the operation and put its middle into a copy of the image."""
        sizes = zip(self.margins, x.shape, strict=False)
        inside = tuple(slice(a, max(a, n - b)) for (a, b), n in sizes)
        y = self.over.run(x, frame)
        out = x.astype(y.dtype)
        out[inside] = y[inside]
        return out
