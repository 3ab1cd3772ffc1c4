"""Running steps on a picture: alpha set aside, nothing rounded before the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from imgkernels import dialect, filters, tiles
from imgkernels.channels import Channels
from imgkernels.errors import InvalidValue
from imgkernels.image import Image, Metadata
from imgkernels.light import doubt_of
from imgkernels.operations import Frame, Range
from imgkernels.step import Step
from imgkernels.values import Array, white_of


def run_steps(
    steps: Sequence[Step],
    picture: Image,
    frame: Frame,
    shown: Range | None,
    result: np.dtype[np.generic],
    channels: Channels = Channels.EACH,
    threads: int | None = None,
) -> Image:
    """Run the steps in order on what `channels` lets them see; round once to the result's dtype.

    `shown` says how values outside black to white are shown; None asks the last step that
    declares it, and applies to unsigned results alone. Where the frame keeps NaN, and where its
    certainty is 0, pixels stay what they were. It is run tile by tile, on so many threads.
    """
    recipe = recipe_of(steps, picture.axes, picture.alpha, frame, shown, result, channels)
    return run_recipe(picture, recipe, threads)


def run_recipe(picture: Image, recipe: tiles.Recipe, threads: int | None = None) -> Image:
    """Run a recipe on a picture in memory, tile by tile, on so many threads."""
    pixels = tiles.computed(tiles.Held(picture.pixels), recipe, threads)
    return answer_of(picture, recipe, pixels)


def answer_of(picture: Image, recipe: tiles.Recipe, pixels: Array) -> Image:
    """Return what a recipe makes of a picture, whose pixels are these."""
    same = recipe.result == picture.pixels.dtype
    return replace(
        picture,
        pixels=pixels,
        axes=picture.axes.removesuffix("c") if recipe.flat else picture.axes,
        white=picture.white if same else white_of(recipe.result),
        metadata=_told(picture.metadata, recipe.channels),
    )


def recipe_of(
    steps: Sequence[Step],
    axes: str,
    alpha: bool,
    frame: Frame,
    shown: Range | None,
    result: np.dtype[np.generic],
    channels: Channels = Channels.EACH,
) -> tiles.Recipe:
    """Return what is done to every tile of a picture of such axes; see `run_steps`.

    To most libraries alpha is a channel like the others.
    """
    if frame.like is not None and channels is not Channels.EACH:
        raise InvalidValue(f"like: {frame.like} filters each channel; got channels {channels}")
    apart = alpha and not (frame.like and dialect.get(frame.like).alpha)
    wish = declared_range(steps) if shown is None and result.kind == "u" else shown
    operations = tuple(step.operation(frame) for step in steps)
    return tiles.Recipe(operations, frame, axes, apart, result, wish, channels)


def _told(metadata: Metadata, channels: Channels) -> Metadata:
    doubt = doubt_of(metadata.icc) if channels is Channels.LINEAR else None
    return replace(metadata, notes=(*metadata.notes, doubt)) if doubt else metadata


def declared_range(steps: Sequence[Step]) -> Range:
    """Return the range that the last step with a wish for one declares; clip where none does."""
    wishes = [filters.get(step.filter).range for step in steps]
    return next((wish for wish in reversed(wishes) if wish is not None), Range.CLIP)
