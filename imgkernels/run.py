"""Running steps on a picture: alpha set aside, nothing rounded before the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imgkernels import alpha, dialect, filters
from imgkernels.channels import Channels, put_back, seen, unfiltered
from imgkernels.errors import InvalidValue
from imgkernels.image import Image, Metadata
from imgkernels.light import doubt_of
from imgkernels.missing import hidden, missing_from, outside, restored
from imgkernels.operations import Frame, Nan, Operation, Range, mapped
from imgkernels.step import Step
from imgkernels.values import Array, precise_enough, saturate, white_of


def run_steps(
    steps: Sequence[Step],
    picture: Image,
    frame: Frame,
    shown: Range | None,
    result: np.dtype[np.generic],
    channels: Channels = Channels.EACH,
) -> Image:
    """Run the steps in order on what `channels` lets them see; round once to the result's dtype.

    `shown` says how values outside black to white are shown; None asks the last step that
    declares it, and applies to unsigned results alone. Where the frame keeps NaN, and where its
    certainty is 0, pixels stay what they were.
    """
    if frame.like is not None and channels is not Channels.EACH:
        raise InvalidValue(f"like: {frame.like} filters each channel; got channels {channels}")
    operations = [step.operation(frame) for step in steps]
    colour, opacity = _parted(precise_enough(picture.pixels, result), picture, frame)
    answer, transparency = seen(colour, channels, frame.white), opacity
    missing = missing_from(answer, frame)
    for operation in operations if picture.pixels.size else ():
        answer, transparency = _step(operation, hidden(answer, missing), transparency, frame)
    answer = answer if frame.nan is Nan.IGNORE else hidden(answer, missing)
    wish = declared_range(steps) if shown is None and result.kind == "u" else shown
    answer = answer if wish is None else mapped(answer, frame, wish)
    answer = put_back(answer, colour, channels, frame.white)
    answer = answer if wish is None else answer.clip(0, frame.white)
    answer = restored(answer, unfiltered(colour, channels), missing, frame)
    if transparency is not None and opacity is not None:
        transparency = restored(transparency, opacity, outside(frame), frame)
    return _rounded(picture, answer, transparency, result, channels)


def _parted(x: Array, picture: Image, frame: Frame) -> tuple[Array, Array | None]:
    """Part colours from alpha; to most libraries alpha is a channel like the others."""
    x = x if picture.axes.endswith("c") else x[..., np.newaxis]
    apart = picture.alpha and not (frame.like and dialect.get(frame.like).alpha)
    return (x[..., :-1], x[..., -1:]) if apart else (x, None)


def _rounded(
    picture: Image,
    answer: Array,
    transparency: Array | None,
    result: np.dtype[np.generic],
    channels: Channels,
) -> Image:
    pixels = np.require(saturate(answer, result), requirements=["C", "W"])
    if np.may_share_memory(pixels, picture.pixels):  # what changed nothing is still a new image
        pixels = pixels.copy()
    if transparency is not None:
        pixels = np.concatenate([pixels, saturate(transparency, result)], axis=-1)
    white = picture.white if result == picture.pixels.dtype else white_of(result)
    plane = transparency is None and channels is Channels.SUM
    axes = picture.axes.removesuffix("c") if plane else picture.axes
    # The sum of no channels at all is 0.
    pixels = pixels if axes.endswith("c") else pixels[..., :1].sum(axis=-1, dtype=pixels.dtype)
    told = _told(picture.metadata, channels)
    return replace(picture, pixels=pixels, axes=axes, white=white, metadata=told)


def _told(metadata: Metadata, channels: Channels) -> Metadata:
    doubt = doubt_of(metadata.icc) if channels is Channels.LINEAR else None
    return replace(metadata, notes=(*metadata.notes, doubt)) if doubt else metadata


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
        colour = alpha.filled(colour, transparency, frame)
    return operation.run(colour, frame), transparency
