"""Transparency: invisible colour never bleeds into what is seen.

Filters that average take colours weighted by their alpha, and blur the alpha with them. Others
leave alpha alone, and see invisible pixels in the colour of the nearest visible one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

import numpy as np

from imgkernels.operations import Convolve, Frame, Operation
from imgkernels.operations.holes import is_mean
from imgkernels.values import Array, Floats, compute_dtype


def averages(operation: Operation) -> TypeGuard[Convolve]:
    """Tell whether an operation is a weighted mean: one kernel, no weight below 0."""
    if not isinstance(operation, Convolve) or operation.offset != 0 or operation.kernel.size == 1:
        return False
    return is_mean(operation.kernel)


def sees_others(operation: Operation, frame: Frame) -> bool:
    """Tell whether a pixel's answer depends on any other pixel."""
    reach = operation.reach(frame)
    return reach is None or any(map(any, reach))


def blurred(
    operation: Convolve, colour: Array, transparency: Array, frame: Frame
) -> tuple[Floats, Floats]:
    """Average colours by their alpha, which weighs them, and alpha itself.

    A kernel's sum scales the colours and leaves alpha alone; a constant border is opaque.
    """
    dtype = compute_dtype(colour.dtype)
    weight = transparency.astype(dtype) / dtype.type(frame.white)
    opaque = replace(frame, border_value=1.0)
    seen = operation.run(weight, opaque) / dtype.type(operation.kernel.sum)
    certainty = weight if frame.certainty is None else weight * frame.certainty
    mixed = operation.run(colour.astype(dtype), replace(frame, certainty=certainty))
    # Below a thousandth of the faintest 16-bit alpha there is no colour to speak of.
    return np.where(seen > 1e-8, mixed, 0), seen * dtype.type(frame.white)


def filled(colour: Array, transparency: Array, frame: Frame) -> Array:
    """Give invisible pixels the colour of the nearest visible one that counts."""
    hidden = transparency[..., 0] == 0
    if frame.certainty is not None:
        hidden = hidden | (frame.certainty[..., 0] == 0)
    if not hidden.any() or hidden.all():
        return colour
    from scipy import ndimage

    nearest = ndimage.distance_transform_edt(
        hidden, sampling=frame.spacing, return_distances=False, return_indices=True
    )
    spread: Array = colour[tuple(nearest)]
    return spread
