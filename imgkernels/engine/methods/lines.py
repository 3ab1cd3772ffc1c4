"""The lines of an image along one axis, laid out as rows that are contiguous, and put back.

An array is seen as `(before, n, after)`: what lies before the axis, the axis, what lies after. Its
lines are rows in the order of `(after, before)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from imgkernels import opencv
from imgkernels.engine.methods.plane import MOST_CHANNELS
from imgkernels.values import Array, Floats

_TURNED = {"uint8", "int8", "uint16", "int16", "int32", "float32", "float64"}  # by OpenCV


def blocks(shape: tuple[int, ...], count: int) -> Iterator[tuple[slice, slice, slice]]:
    """Cut an array in blocks of at most `count` lines: parts of a plane, or several planes."""
    before, _, after = shape
    planes, columns = max(1, count // after), min(count, after)
    for plane in range(0, before, planes):
        for column in range(0, after, columns):
            yield (
                slice(plane, min(plane + planes, before)),
                slice(None),
                slice(column, min(column + columns, after)),
            )


def lay_out(block: Array, rows: Floats) -> None:
    """Write the lines of a block to rows, which may be parts of longer ones."""
    before, n, after = block.shape
    if before == 1 and after > 1:
        _turn(block[0], rows)
    elif after == 1:
        rows[...] = block[..., 0]
    else:
        rows.reshape(after, before, n)[...] = block.transpose(2, 0, 1)


def put_back(rows: Floats, block: Floats) -> None:
    """Write rows to where `lay_out` would take them from."""
    before, n, after = block.shape
    if before == 1 and after > 1:
        _turn(rows, block[0])
    elif after == 1:
        block[..., 0] = rows
    else:
        block[...] = rows.reshape(after, before, n).transpose(1, 2, 0)


def _turn(plane: Array, target: Array) -> None:
    """Write the transpose; OpenCV's is five times as fast as a copy by numpy."""
    cv2 = opencv.load()
    if cv2 is None or plane.dtype.name not in _TURNED or not plane.size:
        target[...] = plane.T
    elif plane.dtype == target.dtype and _dense(plane) and _dense(target):
        cv2.transpose(plane, target)
    else:
        target[...] = cv2.transpose(plane).reshape(target.shape)


def _dense(plane: Array) -> bool:
    return plane.strides[-1] == plane.itemsize


def _coloured(block: Array) -> bool:
    # More than 128 channels OpenCV takes for a third axis.
    channels: int = block.shape[-1]
    return 1 < channels <= MOST_CHANNELS


def channel(block: Array, c: int) -> Array:
    """Return one channel of `(H, W, C)`, contiguous where that is quicker than by numpy."""
    cv2 = opencv.load()
    if cv2 is None or not _coloured(block) or block.dtype.name not in _TURNED:
        return block[..., c]
    plane: Array = cv2.extractChannel(block, c)
    return plane


def put_channel(plane: Floats, block: Floats, c: int) -> None:
    """Write one channel of `(H, W, C)`."""
    cv2 = opencv.load()
    if cv2 is None or not _coloured(block):
        block[..., c] = plane
    else:
        cv2.insertChannel(plane.astype(block.dtype, copy=False), block, c)
