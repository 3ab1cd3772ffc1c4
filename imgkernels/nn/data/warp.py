"""Many small pictures turned, moved, sheared and zoomed at once, each in its own way."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from imgkernels.border import Border
from imgkernels.values import Floats

Matrices = npt.NDArray[np.float64]

_BLOCK = 1 << 15  # values that stay in cache from one pass to the next


def matrices(
    turn: Floats, shift: Floats, shear: Floats, zoom: Floats, size: tuple[int, int]
) -> Matrices:
    """Return `(N, 2, 3)`: where each output pixel (y, x, 1) comes from, about the centre.

    `turn` and `shear` in radians `(N,)`, `shift` in pixels and `zoom` as factors `(N, 2)`, y
    first: rotation, then shift, shear and zoom, as in Keras's `apply_affine_transform`.
    """
    sin, cos, one, none = np.sin(turn), np.cos(turn), np.ones_like(turn), np.zeros_like(turn)
    rotation = _stacked([[cos, -sin], [sin, cos]])
    shearing = _stacked([[one, -np.sin(shear)], [none, np.cos(shear)]])
    centre = np.array([n / 2 - 0.5 for n in size])
    linear = rotation @ shearing * zoom[:, np.newaxis, :]
    moved = np.einsum("nij,nj->ni", rotation, shift) + centre - linear @ centre
    return np.concatenate([linear, moved[..., np.newaxis]], axis=2)


def warped(
    x: Floats, where: Matrices, border: Border, value: float = 0.0, *, linear: bool = True
) -> Floats:
    """Return pictures `(N, H, W, C)` whose pixels come from where the matrices say.

    Between pixels values are interpolated linearly, or taken from the nearest one.
    """
    n, height, width, channels = x.shape
    tables = [_table(size, border, _reach((height, width), where)) for size in (height, width)]
    grid = np.stack([*np.indices((height, width)).reshape(2, -1), np.ones(height * width)])
    out: Floats = np.empty((n, height * width, channels), np.float32)
    step = max(1, _BLOCK // (height * width))
    for start in range(0, n, step):
        part = slice(start, start + step)
        places = (where[part] @ grid).astype(np.float32)
        # One row and column more hold the border value; index -1 is theirs.
        ends = ((0, 0), (0, 1), (0, 1), (0, 0))
        source = np.pad(x[part], ends, constant_values=value).reshape(-1, channels)
        out[part] = _sampled(source, places, tables, (height + 1, width + 1), linear)
    return out.reshape(x.shape)


def _sampled(
    source: Floats,
    places: Floats,
    tables: list[tuple[npt.NDArray[np.int32], int]],
    size: tuple[int, int],
    linear: bool,
) -> Floats:
    """Take a block's pixels `(n, H * W, C)` from places `(n, 2, H * W)`."""
    lower = np.floor(places if linear else places + np.float32(0.5))
    whole = lower.astype(np.int32)
    firsts = np.arange(len(places), dtype=np.int32)[:, np.newaxis] * np.int32(size[0] * size[1])
    (rows, above), (columns, left) = tables
    y, x = whole[:, 0] + np.int32(above), whole[:, 1] + np.int32(left)
    row = rows.take(y, mode="clip") * np.int32(size[1]) + firsts
    column = columns.take(x, mode="clip")
    if not linear:
        return source.take(row + column, axis=0)
    below = rows.take(y + 1, mode="clip") * np.int32(size[1]) + firsts
    right = columns.take(x + 1, mode="clip")
    down, across = np.moveaxis(places - lower, 1, 0)[..., np.newaxis]
    top = _between(source.take(row + column, axis=0), source.take(row + right, axis=0), across)
    low = _between(source.take(below + column, axis=0), source.take(below + right, axis=0), across)
    return _between(top, low, down)


def _between(a: Floats, b: Floats, share: Floats) -> Floats:
    b -= a
    b *= share
    b += a
    return b


def _table(size: int, border: Border, reach: int) -> tuple[npt.NDArray[np.int32], int]:
    """Return the index of every place from -reach on, and reach; the border value is the last."""
    indices = border.indices(size, reach, reach).astype(np.int32)
    indices[indices < 0] = size
    return indices, reach


def _reach(size: tuple[int, int], where: Matrices) -> int:
    """Return how far beyond the edges the matrices look, at most."""
    corners = np.array([[y, x, 1.0] for y in (0, size[0] - 1) for x in (0, size[1] - 1)]).T
    places = np.abs(where @ corners)
    return 2 + math.ceil(float(places.max(initial=0.0)))


def _stacked(rows: list[list[Floats]]) -> Matrices:
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2).astype(np.float64)
