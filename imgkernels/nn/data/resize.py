"""Pictures brought to one size: linear interpolation that averages where it makes smaller."""

from __future__ import annotations

import numpy as np

from imgkernels.values import Array, Floats


def resized(image: Array, size: tuple[int, int]) -> Floats:
    """Return `(H, W, C)` as float32 `(*size, C)`; a flat picture stays flat."""
    x: Floats = image.astype(np.float32)
    if x.shape[:2] == size:
        return x
    rows, columns = (_matrix(n, m) for n, m in zip(x.shape, size, strict=False))
    answer: Floats = np.einsum("ih,hwc,jw->ijc", rows, x, columns, optimize=True)
    return answer


def _matrix(size: int, new: int) -> Floats:
    """Return the weights of old places in new ones: a triangle as wide as the larger pixel."""
    scale = size / new
    centres = (np.arange(new) + 0.5) * scale - 0.5
    far = np.abs(np.arange(size) - centres[:, np.newaxis].clip(0, size - 1))
    taps = np.maximum(0, 1 - far / max(scale, 1.0))
    weights: Floats = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights
