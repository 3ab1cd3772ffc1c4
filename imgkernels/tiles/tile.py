"""One finished tile: its region and what lies around it read, every step run, the halo cut away."""

from __future__ import annotations

import numpy as np

from imgkernels import alpha
from imgkernels.channels import put_back, seen, unfiltered
from imgkernels.engine import tell
from imgkernels.missing import hidden, missing_from, outside, restored
from imgkernels.operations import Frame, Nan, Operation, Roundable, mapped
from imgkernels.tiles.grid import Region, count_of, cut, pieces, shape_of
from imgkernels.tiles.recipe import Recipe
from imgkernels.tiles.source import Source
from imgkernels.values import Array, precise_enough, saturate


def finished(source: Source, region: Region, recipe: Recipe) -> Array:
    """Return the pixels of a region as they are stored, computed from it and what lies around it.

    At the image's edges the frame's border is right, because the block touches them; elsewhere
    what the border spoiled is cut away after each step.
    """
    recipe = recipe.brief
    needs = recipe.needs(region, source.shape[: recipe.frame.ndim])
    fill = recipe.fill(source)
    if fill is not None:
        block = taken(source, needs[0], recipe.frame.ndim)
        answer = np.empty(block.shape, recipe.result)
        if fill.fills(block, slice(0, len(block)), answer):
            tell(*fill.methods)
            return cut(answer, needs[0], region)
    block = precise_enough(taken(source, needs[0], recipe.frame.ndim), recipe.result)
    colour, opacity = _parted(block, recipe)
    frame = recipe.frame_at(needs[0])
    answer, transparency = seen(colour, recipe.channels, frame.white), opacity
    missing = missing_from(answer, frame)
    repeat = count_of(source.shape[: len(region)], tuple(max(1, n) for n in shape_of(region)))
    for operation, have, want in zip(recipe.operations, needs, needs[1:], strict=False):
        if answer.size:
            told, last = recipe.frame_at(have, repeat), want is needs[-1]
            if last and recipe.plain and isinstance(operation, Roundable):
                answer = operation.rounded(answer, told, recipe.result)
                return _flattened(cut(answer, have, want), recipe)
            answer, transparency = _step(operation, hidden(answer, missing), transparency, told)
        answer = cut(answer, have, want)
        transparency, missing = _cut(transparency, have, want), _cut(missing, have, want)
    if recipe.plain:
        return _flattened(saturate(answer, recipe.result), recipe)
    colour, opacity = cut(colour, needs[0], region), _cut(opacity, needs[0], region)
    return _stored(answer, colour, transparency, opacity, missing, recipe, recipe.frame_at(region))


def taken(source: Source, region: Region, ndim: int) -> Array:
    """Return a region's pixels, whatever part of it lies beyond edges that wrap."""
    space, rest = source.shape[:ndim], source.shape[ndim:]
    parts = list(pieces(region, space))
    if len(parts) == 1:
        return source.read(parts[0][0])
    block = np.empty((*shape_of(region), *rest), source.dtype)
    for part, place in parts:
        block[place] = source.read(part)
    return block


def _cut(x: Array | None, have: Region, want: Region) -> Array | None:
    return None if x is None else cut(x, have, want)


def _parted(x: Array, recipe: Recipe) -> tuple[Array, Array | None]:
    x = x if recipe.axes.endswith("c") else x[..., np.newaxis]
    return (x[..., :-1], x[..., -1:]) if recipe.alpha else (x, None)


def _step(
    operation: Operation, colour: Array, transparency: Array | None, frame: Frame
) -> tuple[Array, Array | None]:
    if transparency is None:
        return operation.run(colour, frame), None
    if alpha.averages(operation):
        return alpha.blurred(operation, colour, transparency, frame)
    if alpha.sees_others(operation, frame):
        colour = alpha.filled(colour, transparency, frame)
    return operation.run(colour, frame), transparency


def _stored(
    answer: Array,
    colour: Array,
    transparency: Array | None,
    opacity: Array | None,
    missing: Array | None,
    recipe: Recipe,
    frame: Frame,
) -> Array:
    """Bring the answer into the result's dtype, by the wishes of the one who asked for it."""
    answer = answer if frame.nan is Nan.IGNORE else hidden(answer, missing)
    answer = answer if recipe.shown is None else mapped(answer, frame, recipe.shown)
    answer = put_back(answer, colour, recipe.channels, frame.white)
    answer = answer if recipe.shown is None else answer.clip(0, frame.white)
    answer = restored(answer, unfiltered(colour, recipe.channels), missing, frame)
    pixels = saturate(answer, recipe.result)
    if transparency is not None and opacity is not None:
        transparency = restored(transparency, opacity, outside(frame), frame)
        pixels = np.concatenate([pixels, saturate(transparency, recipe.result)], axis=-1)
    return _flattened(pixels, recipe)


def _flattened(pixels: Array, recipe: Recipe) -> Array:
    if not recipe.flat:
        return pixels
    # The sum of no channels at all is 0.
    return pixels[..., 0] if pixels.shape[-1] else pixels.sum(axis=-1, dtype=pixels.dtype)
