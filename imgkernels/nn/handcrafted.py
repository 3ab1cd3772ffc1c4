"""Learned and handcrafted kernels in one another's place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.kernel import Kernel
from imgkernels.nn.initializers import Given
from imgkernels.values import Floats

if TYPE_CHECKING:
    from imgkernels.nn.conv import Conv

C = TypeVar("C", bound="Conv")


def kernels_of(weights: Floats) -> list[Kernel]:
    """Return the kernels of `(*window, channels, filters)`, filter by filter, then by channel."""
    channels, filters = weights.shape[-2:]
    return [
        Kernel(weights[..., channel, number])
        for number in range(filters)
        for channel in range(channels)
    ]


def layer_from(kind: type[C], kernels: Sequence[Kernel], channels: int, options: Any) -> C:
    """Return a layer that starts with these kernels, one filter each, the same on every channel."""
    given = [kernel if isinstance(kernel, Kernel) else Kernel(kernel) for kernel in kernels]
    if not given:
        raise InvalidValue(f"{kind.__name__}.from_kernels: takes at least one kernel")
    axes = {kernel.ndim for kernel in given}
    if axes != {kind.ndim}:
        raise InvalidValue(
            f"{kind.__name__}.from_kernels: kernels must have {kind.ndim} axes; got {sorted(axes)}"
        )
    taps, before = _framed(given)
    groups = options.get("groups", 1)
    weights = np.repeat(np.stack(taps, axis=-1)[..., np.newaxis, :], channels // groups, axis=-2)
    window = weights.shape[: kind.ndim]
    around = tuple((a, n - 1 - a) for a, n in zip(before, window, strict=True))
    options = {"padding": around, "use_bias": False} | options
    return kind(len(given), window, kernel_initializer=Given(weights), **options)


def _framed(kernels: Sequence[Kernel]) -> tuple[list[Floats], tuple[int, ...]]:
    """Return taps of one size with their anchors at one place, zeros around the smaller ones."""
    anchors = np.array([kernel.anchor for kernel in kernels])
    after = np.array([kernel.shape for kernel in kernels]) - 1 - anchors
    before = anchors.max(axis=0)
    size = before + after.max(axis=0) + 1
    framed = []
    for kernel, anchor in zip(kernels, anchors, strict=True):
        taps = np.zeros(size)
        corner = before - anchor
        taps[tuple(slice(c, c + n) for c, n in zip(corner, kernel.shape, strict=True))] = (
            kernel.taps
        )
        framed.append(taps)
    return framed, tuple(int(n) for n in before)
