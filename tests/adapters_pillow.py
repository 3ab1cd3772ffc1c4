"""Pillow, said in ours: kernels, ranks, boxes and the Gaussian made of boxes."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from adapters_common import f64, per_axis, places, sums

from imgkernels.values import saturate


def pillow_kernel(image, kernel, scale=None, offset=0.0):
    """Rows from the bottom up, half rounded up, and a margin that stays as it is."""
    taps = f64(kernel)[::-1]
    whole = taps.sum() if scale is None else scale
    y = np.floor(sums(image, taps, (0, 1), "replicate") / whole + offset + 0.5)
    margin = taps.shape[0] // 2
    inner = (slice(margin, -margin),) * 2
    out = image.copy()
    out[inner] = saturate(y, image.dtype)[inner]
    return out


def pillow_rank(place, image, size=3):
    return places(image, np.ones((size, size)), place(size * size), (0, 1), "replicate")


def pillow_rank_filter(image, size, rank):
    return pillow_rank(lambda members: rank, image, size)


def box_row(radius):
    """A mean whose last tap on either side counts in part, in fractions of 2**24."""
    radius = np.float32(radius)
    reach = int(radius)
    tap = int(np.float32(1 << 24) / (radius * np.float32(2) + np.float32(1)))
    edge = ((1 << 24) - (2 * reach + 1) * tap) // 2
    return np.array([edge, *[tap] * (2 * reach + 1), edge]) / (1 << 24)


def box_blur(image, radius, passes=1):
    y = np.asarray(image)
    for axis, r in zip((1, 0), per_axis(radius, 2), strict=True):
        for _ in range(passes if r else 0):
            mean = sums(y, box_row(r), [axis], "replicate")
            y = np.floor(mean + 0.5).astype(np.uint8)
    return y


def box_radius(sigma, passes=3):
    """Gwosdek et al., formulas 7, 11 and 14, in float32."""
    one = np.float32
    square = one(one(sigma) * one(sigma) / one(passes))
    reach = np.floor((one(math.sqrt(12.0 * float(square) + 1.0)) - one(1)) / one(2))
    part = (one(2) * reach + one(1)) * (reach * (reach + one(1)) - one(3) * square)
    return reach + part / (one(6) * (square - (reach + one(1)) * (reach + one(1))))


def pillow_gaussian(image, radius=2):
    return box_blur(image, [box_radius(r) if r else 0 for r in per_axis(radius, 2)], 3)


def pillow_unsharp(image, radius=2, percent=150, threshold=3):
    x = np.asarray(image).astype(int)
    apart = x - pillow_gaussian(image, radius)
    moved = x + np.trunc(apart * percent / 100).astype(int)
    return np.where(np.abs(apart) > threshold, moved.clip(0, 255), x).astype(np.uint8)


PILLOW_KERNELS = (
    "Kernel", "BLUR", "CONTOUR", "DETAIL", "EDGE_ENHANCE", "EDGE_ENHANCE_MORE", "EMBOSS",
    "FIND_EDGES", "SHARPEN", "SMOOTH", "SMOOTH_MORE",
)  # fmt: skip

PILLOW: dict[str, Callable] = {
    **{f"pillow.{name}": pillow_kernel for name in PILLOW_KERNELS},
    "pillow.MinFilter": partial(pillow_rank, lambda members: 0),
    "pillow.MedianFilter": partial(pillow_rank, lambda members: members // 2),
    "pillow.MaxFilter": partial(pillow_rank, lambda members: members - 1),
    "pillow.RankFilter": pillow_rank_filter,
    "pillow.box_blur": box_blur,
    "pillow.BoxBlur": box_blur,
    "pillow.GaussianBlur": pillow_gaussian,
    "pillow.UnsharpMask": pillow_unsharp,
}
