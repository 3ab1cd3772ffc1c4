"""Running steps on a picture: alpha set aside, nothing rounded before the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imgkernels import alpha, dialect, filters
from imgkernels.image import Image
from imgkernels.operations import Frame, Operation, Range, present
from imgkernels.step import Step
from imgkernels.values import Array, precise_enough, saturate, white_of


def run_steps(
    steps: Sequence[Step],
    picture: Image,
    frame: Frame,
    shown: Range | None,
    result: np.dtype[np.generic],
) -> Image:
    """Run the steps in order and round once to the result's dtype.

    `shown` says how values outside black to white are shown; None asks the last step that
    declares it, and applies to unsigned results alone.
    """
    operations = [step.operation(frame) for step in steps]
    if picture.pixels.size == 0:
        return replace(picture, pixels=picture.pixels.astype(result))
    x = precise_enough(picture.pixels, result)
    x = x if picture.axes.endswith("c") else x[..., np.newaxis]
    apart = picture.alpha and not (frame.like and dialect.get(frame.like).alpha)
    colour, transparency = (x[..., :-1], x[..., -1:]) if apart else (x, None)
    for operation in operations:
        colour, transparency = _step(operation, colour, transparency, frame)
    if shown is not None or result.kind == "u":
        colour = present(colour, frame, shown or declared_range(steps))
    pixels = np.require(saturate(colour, result), requirements=["C", "W"])
    if np.may_share_memory(pixels, picture.pixels):  # what changed nothing is still a new image
        pixels = pixels.copy()
    if transparency is not None:
        pixels = np.concatenate([pixels, saturate(transparency, result)], axis=-1)
    white = picture.white if result == picture.pixels.dtype else white_of(result)
    return replace(picture, pixels=pixels.reshape(picture.pixels.shape), white=white)


def declared_range(steps: Sequence[Step]) -> Range:
    """Return the range that the last step with a wish for one declares; clip where none does."""
    wishes = [filters.get(step.filter).range for step in steps]
    return next((wish for wish in reversed(wishes) if wish is not None), Range.CLIP)


def _step(
    operation: Operation, colour: Array, transparency: Array | None, frame: Frame
) -> tuple[Array, Array | None]:
    if transparency is None:
        return operation.run(colour, frame), None
    if alpha.averages(operation):
        return alpha.blurred(operation, colour, transparency, frame)
    if alpha.sees_others(operation):
        colour = alpha.filled(colour, transparency)
    return operation.run(colour, frame), transparency
