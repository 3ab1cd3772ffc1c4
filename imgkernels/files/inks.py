"""Cyan, magenta, yellow and black as red, green and blue, where no profile says better."""

from __future__ import annotations

import numpy as np

from imgkernels.values import Array

NOTE = "CMYK was converted to RGB without its colour profile"


def rgb_of(inks: Array) -> Array:
    """Return what each ink and the black leave of the white; as Pillow does for 8 bits.

    >>> rgb_of(np.array([0, 255, 128, 51], np.uint8)).tolist()
    [204, 0, 102]
    """
    white = int(np.iinfo(inks.dtype).max)
    left = np.uint32(white) - inks[..., :4]
    rgb = (left[..., :3] * left[..., 3:] + white // 2) // white
    return rgb.astype(inks.dtype)
