"""Separable kernels on volumes through OpenCV's filters of two axes, on all cores.

One kernel: every plane along y and x, then columns across the planes, in place, so that nothing is
computed twice and no second volume is needed. The length of several: some planes at a time across
the planes first, as most kernels share that pass, then the rest while it is in cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from imgkernels import opencv
from imgkernels.border import Border
from imgkernels.cores import spread
from imgkernels.engine.methods import plane
from imgkernels.kernel import Kernel
from imgkernels.taps import Taps
from imgkernels.values import Array, Floats

_PLANES = 1 << 17  # values of some planes that are filtered at a time
_ACROSS = 1 << 11  # columns filtered across the planes at a time: their rows stay in cache
_TINY, _HUGE = 1e-15, 1e18  # between them squares of float32 keep their digits

_ONE = np.ones(1)


def correlate(kernel: Kernel, volume: Array, target: Floats, border: Border) -> None:
    """Fill `target` with the sums of a separable kernel over `(D, H, W, C)`."""
    assert kernel.factors is not None
    across, *along = kernel.factors
    columns = target.reshape(len(target), -1, 1)
    within = sweeping(along, kernel.anchor[1:], border, target.dtype)
    upright = sweeping((across, _ONE), (kernel.anchor[0], 0), border, target.dtype)

    def planes(some: slice) -> None:
        for image, filtered in zip(volume[some], target[some], strict=True):
            within(image, filtered)

    def columns_of(some: slice) -> None:
        part = columns[:, some]
        upright(part, part)

    spread(planes, _parts(len(volume), _PLANES // max(1, volume[0].size)))
    if len(across) > 1 or across[0] != 1:
        spread(columns_of, _parts(columns.shape[1], _ACROSS))


def lengths(kernels: Sequence[Kernel], volume: Array, target: Floats, border: Border) -> None:
    """Fill `target` with the lengths of the vectors of the kernels' sums over `(D, H, W, C)`.

    The kernels are separable and reach equally far across the planes.
    """
    before, size = kernels[0].anchor[0], kernels[0].shape[0]
    seen = border.indices(len(volume), before, size - 1 - before)

    def some(planes: slice) -> None:
        block = _taken(volume, seen[planes.start : planes.stop + size - 1], target.dtype)
        _length(block, target[planes], kernels, border)

    spread(some, _parts(len(volume), _PLANES // max(1, volume[0].size)))


def sweeping(
    rows: Sequence[Taps], anchor: tuple[int, ...], border: Border, dtype: np.dtype[np.floating]
) -> Callable[[Array, Floats], None]:
    """Return what filters `(H, W, C)` along y and x into an array, that of the image it may be."""
    cv2, flag = opencv.require(), plane.FLAGS[border]
    (along_y, along_x), point = (row.astype(dtype) for row in rows), anchor[::-1]
    wide = -1 if dtype == np.float64 else cv2.CV_32F

    def sweep(image: Array, target: Floats) -> None:
        if image.dtype != np.uint8 or wide < 0:  # from others but floats OpenCV takes a slow way
            image = image.astype(dtype, copy=False)
        if image.shape[-1] == 1:  # OpenCV leaves such an axis out
            image, target = image[..., 0], target[..., 0]
        cv2.sepFilter2D(image, wide, along_x, along_y, target, point, 0, flag)

    return sweep


def _parts(count: int, size: int) -> list[slice]:
    """Cut a range into parts that depend on nothing but the shape, as the bytes may on them."""
    size = max(1, size)
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]


def _taken(volume: Array, places: Array, dtype: np.dtype[np.floating]) -> Floats:
    """Return planes in the compute dtype: a view where they lie one after the other."""
    first, last = int(places[0]), int(places[-1])
    if first >= 0 and last - first == len(places) - 1 and (np.diff(places) == 1).all():
        return volume[first : last + 1].astype(dtype, copy=False)
    block = volume[places].astype(dtype, copy=False)
    block[places < 0] = 0
    return block


def _length(block: Floats, target: Floats, kernels: Sequence[Kernel], border: Border) -> None:
    across: dict[bytes, Floats] = {}
    sums = []
    for kernel in kernels:
        assert kernel.factors is not None
        first, *along = kernel.factors
        key = first.tobytes()
        if key not in across:
            across[key] = _across(block, first, len(target))
        answer = np.empty_like(target)
        sweep = sweeping(along, kernel.anchor[1:], border, target.dtype)
        for image, filtered in zip(across[key], answer, strict=True):
            sweep(image, filtered)
        sums.append(answer)
    _root(sums, target)


def _across(block: Floats, row: Taps, count: int) -> Floats:
    """Sum the planes under a row, plane by plane of it."""
    cv2 = opencv.require()
    taps = [(place, float(tap)) for place, tap in enumerate(row) if tap]
    (place, tap), *others = taps or [(0, 0.0)]
    total: Floats = block[place : place + count] * block.dtype.type(tap)
    flat = total.reshape(1, -1)
    for place, tap in others:
        cv2.scaleAdd(block[place : place + count].reshape(1, -1), tap, flat, flat)
    return total


def _root(sums: Sequence[Floats], target: Floats) -> None:
    """Fill in the root of the sum of squares; where these leave float32, by another way."""
    room = np.empty_like(target)
    with np.errstate(over="ignore", under="ignore"):
        np.multiply(sums[0], sums[0], out=target)
        for each in sums[1:]:
            target += np.multiply(each, each, out=room)
    np.sqrt(target, out=target)
    if target.min() >= _TINY and target.max() <= _HUGE:
        return
    beyond = (target > _HUGE) | ((target < _TINY) & np.any([each != 0 for each in sums], axis=0))
    wide = [each[beyond].astype(np.float64) for each in sums]
    target[beyond] = np.sqrt(sum(each * each for each in wide))
