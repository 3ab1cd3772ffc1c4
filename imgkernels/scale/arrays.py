"""Pipelines on Dask arrays: lazy, tile by tile, bit for bit what a local run gives."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgkernels.asked import check_dialect, recipe_for
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.image import AXES, usual_axes
from imgkernels.pipeline import Pipeline
from imgkernels.scale.cluster import needed
from imgkernels.scale.slab import computed, slabs
from imgkernels.streams.opened import facts_of
from imgkernels.streams.verb import not_local
from imgkernels.tiles import Recipe, Region
from imgkernels.values import Array, supported_dtype

_MOST = 1 << 27  # values of a task, which computes whole tiles near the size of a chunk


def apply(pipeline: Pipeline | str, array: Any, *, axes: str | None = None, **options: Any) -> Any:
    """Run a pipeline (or its text) on a Dask array, lazily; return one of the same chunks.

    `axes` and `options` are those of `apply`. The grid of tiles is that of a run in memory, so the
    pixels are too, bit for bit, wherever each is computed with the same libraries.
    Raises `UnsupportedImage` for a pipeline that looks at the picture as a whole.
    """
    da = needed("dask.array")
    chain = Pipeline.parse(pipeline) if isinstance(pipeline, str) else pipeline
    check_dialect(chain, options.get("like"))
    if not isinstance(array, da.Array):
        raise InvalidValue(f"scale: takes an array of Dask; got {type(array).__name__}")
    if any(map(math.isnan, array.shape)):
        raise InvalidValue(
            "scale: the sizes of the array's chunks must be known; call compute_chunk_sizes() first"
        )
    named = usual_axes(array.ndim) if axes is None else axes
    if named not in AXES or len(named) != array.ndim:
        raise UnsupportedImage(
            f"scale: axes must be one of {', '.join(AXES)} for shape {array.shape}; got {named!r}"
        )
    dtype = supported_dtype(array.dtype, "scale")
    recipe = recipe_for(chain, facts_of(array.shape, dtype, named), **options)
    if recipe.halos is None:
        raise UnsupportedImage(
            f"{not_local(chain, recipe)} looks at the picture as a whole, which no worker has;"
            " imgkernels.apply(array.compute(), ...) does, where it fits into memory"
        )
    return _lazy(da, array, recipe)


@dataclass(frozen=True)
class _Shape:
    """An array without its pixels, for those who ask for its size alone."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]

    def read(self, region: Region) -> Array:
        raise AssertionError("arrays have no alpha, so nobody looks")


def _lazy(da: Any, array: Any, recipe: Recipe) -> Any:
    delayed = needed("dask").delayed
    ndim = recipe.frame.ndim
    space, rest = array.shape[:ndim], recipe.shape_of(array.shape)[ndim:]
    tile = recipe.tile(_Shape(array.shape, array.dtype))
    told, task = delayed(recipe), delayed(computed, pure=True)
    found = {}
    for region in slabs(space, tile, _size(array, tile)):
        have = recipe.needs(region, space)[0]
        block = task(_around(da, array, have), told, array.shape, region, have, tile)
        shape = (*(span.stop - span.start for span in region), *rest)
        key = tuple(span.start for span in region)
        found[key] = da.from_delayed(block, shape, recipe.result)
    answer = _together(da, found, ndim)
    return answer.rechunk((*array.chunks[:ndim], *((n,) for n in rest)))


def _size(array: Any, tile: tuple[int, ...]) -> tuple[int, ...]:
    """Return about how large a task is: a chunk, but where that would be too much."""
    size = list(array.chunksize[: len(tile)])
    rest = math.prod(tile[1:]) * math.prod(array.shape[len(tile) :])
    size[0] = max(tile[0], min(size[0], _MOST // max(1, rest)))
    return tuple(size)


def _around(da: Any, array: Any, have: Region) -> Any:
    """Return a region of the array, which may go on beyond edges that wrap."""
    for axis, span in enumerate(have):
        size = array.shape[axis]
        ahead = (slice(None),) * axis
        parts = [slice(span.start % size, size)] if span.start < 0 else []
        parts.append(slice(max(0, span.start), min(span.stop, size)))
        parts += [slice(0, span.stop - size)] if span.stop > size else []
        pieces = [array[(*ahead, part)] for part in parts]
        array = pieces[0] if len(pieces) == 1 else da.concatenate(pieces, axis)
    return array


def _together(da: Any, found: dict[tuple[int, ...], Any], ndim: int) -> Any:
    """Put blocks together by their corners, the last axis first."""
    for axis in reversed(range(ndim)):
        rows = itertools.groupby(sorted(found), key=lambda corner: corner[:axis])
        found = {row: da.concatenate([found[c] for c in corners], axis) for row, corners in rows}
    return found[()]
