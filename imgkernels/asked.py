"""What is asked of a pipeline for a picture, by words or values, read into a frame and a recipe."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from imgkernels import dialect
from imgkernels.border import Border
from imgkernels.channels import Channels, parse_channels
from imgkernels.engine.methods import method_named
from imgkernels.engine.verbs import finite_value, repeats
from imgkernels.image import Image
from imgkernels.missing import parse_nan, weights_of_mask
from imgkernels.operations import Frame, Nan, Range
from imgkernels.operations.ranges import parse_range
from imgkernels.run import recipe_of
from imgkernels.spacing import Spacing, parse_spacing
from imgkernels.tiles import Recipe
from imgkernels.values import supported_dtype

if TYPE_CHECKING:
    from imgkernels.pipeline import Pipeline


def recipe_for(
    pipeline: Pipeline,
    picture: Image,
    *,
    border: Border | str | None = None,
    border_value: float | None = None,
    range: Range | str | None = None,
    channels: Channels | str | None = None,
    nan: Nan | str | None = None,
    mask: npt.ArrayLike | Image | None = None,
    spacing: Spacing | None = None,
    method: str = "auto",
    dtype: npt.DTypeLike | None = None,
    like: str | None = None,
    repeat: int = 1,
) -> Recipe:
    """Return what a pipeline does to a picture, whose pixels are not looked at."""
    frame = frame_of(
        picture,
        pipeline,
        border=border,
        border_value=border_value,
        method=method,
        spacing=spacing,
        nan=nan,
        mask=mask,
        like=like,
    )
    shown = parse_range(range) if range is not None else pipeline.range
    colours = pipeline.channels if channels is None else parse_channels(channels)
    result = picture.pixels.dtype if dtype is None else supported_dtype(dtype, "dtype")
    # What is to be shown by a range must come with its sign: the library is asked for floats.
    asked = result if shown is None else np.dtype(np.float64)
    frame = replace(frame, result=asked, repeat=repeats(repeat, "apply"))
    return recipe_of(pipeline.steps, picture.axes, picture.alpha, frame, shown, result, colours)


def frame_of(
    picture: Image,
    pipeline: Pipeline,
    *,
    border: Border | str | None = None,
    border_value: float | None = None,
    method: str = "auto",
    like: str | None = None,
    spacing: Spacing | None = None,
    nan: Nan | str | None = None,
    mask: npt.ArrayLike | Image | None = None,
) -> Frame:
    """Return what the steps are told of a picture; border and like are the pipeline's or given."""
    if method != "auto":
        method = method_named(method).name
    asked = pipeline.border if border is None else Border.parse(border)
    space = picture.pixels.shape[: picture.ndim]
    return Frame(
        picture.ndim,
        picture.pixels.dtype,
        picture.white,
        Border.REFLECT if asked is None else asked,
        finite_value(pipeline.border_value if border_value is None else border_value),
        method,
        nan=pipeline.nan if nan is None else parse_nan(nan),
        certainty=None if mask is None else weights_of_mask(mask, space),
        spacing=None if spacing is None else parse_spacing(spacing, picture.ndim),
        like=dialect.parse(pipeline.like if like is None else like),
        border_asked=asked is not None,
    )


def check_dialect(pipeline: Pipeline, like: str | None = None) -> None:
    """Raise where the library to follow lacks a step's filter, or a parameter it is given."""
    word = pipeline.like if like is None else like
    if word is None:
        return
    for step in pipeline.steps:
        dialect.get(word).check(step.filter, dict(step.params))
