"""Pillow, said in its dialect: kernels, ranks, boxes and the Gaussian made of boxes."""

from collections.abc import Callable
from functools import partial

import numpy as np
from adapters_common import per_axis, places

from imgkernels import Border, Kernel
from imgkernels.dialect import pillow
from imgkernels.operations import Frame


def run(operation, image):
    """Run on an image with or without channels, its edges repeated."""
    x = np.asarray(image)
    y = operation.run(x if x.ndim == 3 else x[..., np.newaxis], Frame(2, x.dtype, border=EDGE))
    return y.reshape(x.shape)


EDGE = Border.REPLICATE


def pillow_kernel(image, kernel, scale=None, offset=0.0):
    taps = Kernel(kernel)
    frame = Frame(2, image.dtype)
    whole = taps.sum if scale is None else scale
    return run(pillow.kernel_filter(taps, whole, offset, frame), image)


def pillow_rank(place, image, size=3):
    return places(image, np.ones((size, size)), place(size * size), (0, 1), "replicate")


def pillow_rank_filter(image, size, rank):
    return pillow_rank(lambda members: rank, image, size)


def box_blur(image, radius, passes=1):
    along_x, along_y = per_axis(radius, 2)
    return run(pillow.boxes(along_y, along_x, passes), image)


def pillow_gaussian(image, radius=2):
    return box_blur(image, [pillow.box_radius(r) for r in per_axis(radius, 2)], 3)


def pillow_unsharp(image, radius=2, percent=150, threshold=3):
    return pillow.sharpened(image, pillow_gaussian(image, radius), percent, threshold)


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
