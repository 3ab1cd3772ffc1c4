"""Operations made of operations: one after the other, or one over the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations.holes import filled
from imgkernels.operations.operation import Frame, Operation, ieee
from imgkernels.operations.reach import Reach, added, widest
from imgkernels.values import Array, Floats, compute_dtype

Mix = Callable[..., Floats]
Scalar = np.floating[Any]


@dataclass(frozen=True)
class Chain:
    """Operations in order; nothing is rounded between them."""

    operations: tuple[Operation, ...]

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of all of them, in order."""
        return tuple(kernel for operation in self.operations for kernel in operation.kernels)

    def reach(self, frame: Frame) -> Reach | None:
        """As far as all of them together."""
        return added((each.reach(frame) for each in self.operations), frame.ndim)

    def run(self, x: Array, frame: Frame) -> Array:
        """Run one after the other."""
        for operation in self.operations:
            x = operation.run(x, frame)
        return x


@dataclass(frozen=True)
class Blend:
    """The image and an operation's answer on it, brought together by `mix(x, y, white, *knobs)`."""

    over: Operation
    mix: Mix
    knobs: tuple[float, ...] = ()

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of the operation."""
        return self.over.kernels

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the operation."""
        return self.over.reach(frame)

    def run(self, x: Array, frame: Frame) -> Floats:
        """Run the operation, mix it with the image in the compute dtype."""
        dtype = compute_dtype(x.dtype)
        base, over = x.astype(dtype, copy=False), self.over.run(x, frame).astype(dtype, copy=False)
        base = filled(base, self.kernels, frame)
        with ieee():
            y: Floats = self.mix(base, over, dtype.type(frame.white), *self.knobs)
        return y.astype(dtype, copy=False)


@dataclass(frozen=True)
class Merge:
    """Several operations' answers on one image, brought together by `mix(*answers, *knobs)`."""

    operations: tuple[Operation, ...]
    mix: Mix
    knobs: tuple[float, ...] = ()

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The kernels of all of them, in order."""
        return tuple(kernel for operation in self.operations for kernel in operation.kernels)

    def reach(self, frame: Frame) -> Reach | None:
        """As far as the one that looks farthest."""
        return widest(each.reach(frame) for each in self.operations)

    def run(self, x: Array, frame: Frame) -> Array:
        """Run each on the image and mix the answers."""
        answers = [operation.run(x, frame) for operation in self.operations]
        with ieee():
            return self.mix(*answers, *self.knobs)


def screen(x: Floats, y: Floats, white: Scalar, strength: float) -> Floats:
    """Lighten as two projectors on one screen do; black adds nothing."""
    light = y.clip(0, white) * x.dtype.type(strength)
    return white - (white - x.clip(0, white)) * (white - light) / white


def dodge(x: Floats, y: Floats, white: Scalar) -> Floats:
    """Divide the image by what surrounds it: even areas turn white, lines stay."""
    safe = np.maximum(y, white * x.dtype.type(1e-4))
    return np.minimum(x / safe, 1) * white


def away(x: Floats, y: Floats, white: Scalar, amount: float, least: float) -> Floats:
    """Move away from `y` by `amount` of the distance, where that is at least a share of white."""
    apart = x - y
    return x + x.dtype.type(amount) * np.where(np.abs(apart) < least * white, 0, apart)


def darken(x: Floats, y: Floats, white: Scalar, strength: float) -> Floats:
    """Take the answer's share of white off the image, as ink does."""
    return x * (1 - x.dtype.type(strength) * (y / white).clip(0, 1))
