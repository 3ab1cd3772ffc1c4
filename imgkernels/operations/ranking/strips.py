"""Selection networks run over an image, some thousand samples at a time.

An image is read as one row: a step along an axis is a step of so many samples. What a window that
leaves its row at the end sees there is nonsense, and is cut away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from imgkernels.operations.ranking.network import Network, Shift, selection
from imgkernels.values import Array

_CHUNK = 1 << 17  # bytes of a plane that are computed at a time: some tens of them stay in cache
_SHARED = 8  # a step of at most this part of a chunk is shared between windows

Step = tuple[Callable[..., Any], Array, Array, Array]


def network_for(
    shape: tuple[int, ...], itemsize: int, members: tuple[Shift, ...], place: int
) -> Network:
    """Return the network for windows of `(*space, C)`, shared along the axes with short steps."""
    near = [step * _SHARED <= _CHUNK // itemsize for step in steps(shape)]
    shared = len(near) - (len(near) - near[::-1].index(False) if False in near else 0)
    return selection(members, place, max(1, shared))


def steps(shape: tuple[int, ...]) -> list[int]:
    """Return how many samples a step along each axis in space is."""
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape) - 1)]


def ranked(whole: Array, window: tuple[int, ...], network: Network) -> Array:
    """Rank the windows of an extended image, `(*space, C)`; they lie inside it."""
    whole = np.ascontiguousarray(whole)
    along = steps(whole.shape)
    last = sum((n - 1) * step for n, step in zip(window, along, strict=True))
    out = np.empty(whole.size, whole.dtype)
    row, total = whole.reshape(-1), whole.size - last
    length = min(total, _CHUNK // whole.itemsize)
    run = _Run(network, along, length, whole.dtype)
    for start in range(0, total, length):
        if total - start < length:
            run = _Run(network, along, total - start, whole.dtype)
        run(row[start:], out[start:])
    middle = tuple(slice(0, n - k + 1) for n, k in zip(whole.shape, window, strict=False))
    return out.reshape(whole.shape)[middle]


class _Run:
    """A network with its buffers, for chunks of one length."""

    def __init__(
        self, network: Network, along: list[int], length: int, dtype: np.dtype[Any]
    ) -> None:
        self._length = length
        sizes = _sizes(network, along, length)
        buffers = _assigned(network, sizes, dtype)
        self._loads: list[tuple[Array, int]] = []
        self._steps: list[Step] = []
        for number, node in enumerate(network.nodes):
            target = buffers[number]
            if len(node.parts) == 1:
                self._loads.append((target, _flat(node.parts[0].shift, along)))
                continue
            pick = np.maximum if node.largest else np.minimum
            one, other = (
                _read(buffers[ref.node], _flat(ref.shift, along), len(target)) for ref in node.parts
            )
            self._steps.append((pick, one, other, target))
        shift = _flat(network.answer.shift, along)
        self._answer = _read(buffers[network.answer.node], shift, length)

    def __call__(self, row: Array, out: Array) -> None:
        """Compute the answers for windows that start at the first samples of a row."""
        for target, shift in self._loads:
            np.copyto(target, row[shift : shift + len(target)])
        for pick, one, other, target in self._steps:
            pick(one, other, out=target)
        out[: self._length] = self._answer


def _flat(shift: Shift, along: list[int]) -> int:
    return sum(n * step for n, step in zip(shift, along, strict=True))


def _read(plane: Array, start: int, length: int) -> Array:
    return plane[start : start + length]


def _sizes(network: Network, along: list[int], length: int) -> list[int]:
    """Return how many values of each plane are needed for so many answers."""
    sizes = [0] * len(network.nodes)
    answer = network.answer
    sizes[answer.node] = length + _flat(answer.shift, along)
    for number in range(len(sizes) - 1, -1, -1):
        for ref in network.nodes[number].parts:
            if ref.node >= 0:
                sizes[ref.node] = max(sizes[ref.node], sizes[number] + _flat(ref.shift, along))
    return sizes


def _assigned(network: Network, sizes: list[int], dtype: np.dtype[Any]) -> list[Array]:
    """Give each plane a buffer; that of a plane that is read no more is given again."""
    last = list(range(len(sizes)))
    for number, node in enumerate(network.nodes):
        for ref in node.parts:
            if ref.node >= 0:
                last[ref.node] = number
    last[network.answer.node] = len(sizes)
    ends: dict[int, list[int]] = {}
    for number, end in enumerate(last):
        ends.setdefault(end, []).append(number)
    most, free, whole = max(sizes), list[Array](), list[Array]()
    for number in range(len(sizes)):
        whole.append(free.pop() if free else np.empty(most, dtype))
        free += [whole[n] for n in ends.get(number, ())]
    return [buffer[:size] for buffer, size in zip(whole, sizes, strict=True)]
