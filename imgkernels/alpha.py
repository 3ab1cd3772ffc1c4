"""Transparency: invisible colour never bleeds into what is seen.

Filters that average take colours weighted by their alpha, and blur the alpha with them. Others
leave alpha alone, and see invisible pixels in the colour of the nearest visible one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

import numpy as np

from imgkernels.operations import Convolve, Frame, Operation, Pointwise
from imgkernels.operations.point import stretched
from imgkernels.values import Array, Floats, compute_dtype


def averages(operation: Operation) -> TypeGuard[Convolve]:
    """Tell whether an operation is a weighted mean: one kernel, no weight below 0."""
    if not isinstance(operation, Convolve) or operation.offset != 0 or operation.kernel.size == 1:
        return False
    parts = operation.kernel.factors or (operation.kernel.taps,)
    return all((part >= 0).all() for part in parts) and operation.kernel.sum > 0


def sees_others(operation: Operation) -> bool:
    """Tell whether a pixel's answer depends on any other pixel."""
    match operation:
        case Convolve(kernel):
            return kernel.size > 1
        case Pointwise(curve):
            return curve is stretched  # it looks for the extremes of the image
    return True


def blurred(
    operation: Convolve, colour: Array, transparency: Array, frame: Frame
) -> tuple[Floats, Floats]:
    """Average colours by their alpha: premultiply, filter both, divide again.

    A kernel's sum scales the colours and leaves alpha alone; a constant border is opaque.
    """
    dtype = compute_dtype(colour.dtype)
    weight = transparency.astype(dtype) / dtype.type(frame.white)
    # What is invisible is nothing, be it NaN: 0 * NaN would show.
    visible = np.where(weight > 0, colour.astype(dtype), 0)
    mixed = operation.run(visible * weight, frame)
    opaque = replace(frame, border_value=1.0)
    seen = operation.run(weight, opaque) / dtype.type(operation.kernel.sum)
    # Below a thousandth of the faintest 16-bit alpha there is no colour to speak of.
    safe = np.where(seen > 1e-8, seen, 1)
    return np.where(seen > 1e-8, mixed / safe, 0), seen * dtype.type(frame.white)


def filled(colour: Array, transparency: Array) -> Array:
    """Give invisible pixels the colour of the nearest visible one."""
    hidden = transparency[..., 0] == 0
    if not hidden.any() or hidden.all():
        return colour
    from scipy import ndimage

    nearest = ndimage.distance_transform_edt(hidden, return_distances=False, return_indices=True)
    spread: Array = colour[tuple(nearest)]
    return spread
