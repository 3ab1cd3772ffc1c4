"""Filtering from file to file, part by part, with memory for a few tiles alone."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np

from imgkernels import tiles
from imgkernels.asked import check_dialect, recipe_for
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.image import Image, usual_axes
from imgkernels.pipeline import Pipeline
from imgkernels.run import answer_of
from imgkernels.streams import sliced, target as targets
from imgkernels.streams.opened import Opened, facts_of
from imgkernels.streams.place import Place
from imgkernels.tiles import Recipe, Region, Sink, Source
from imgkernels.values import Array

MOST_TILE = 1 << 26  # values that are in memory at once for each thread, a few times over

Told = Callable[[float], None]  # is told the share that is done
Run = Callable[..., None]  # like `tiles.run`


def apply(
    pipeline: Pipeline | str,
    source: Any,
    target: Any,
    *,
    volume: bool = False,
    mask: object = None,
    format: str | None = None,
    compress: str | None = None,
    threads: int | None = None,
    told: Told | None = None,
    run: Run = tiles.run,
    **options: Any,
) -> Image:
    """Run a pipeline (or its text) from a source into a target, whatever their size.

    Sources are paths of TIFF, .npy and .zarr, a `Place` (which says what is wanted of a file, or
    what a file of bare values holds), or arrays that are read by slices: memory maps, HDF5, zarr.
    Targets are paths (also of .raw), put in their place when they are whole, or such arrays.
    `volume`: planes first, as in `read`; `compress` ("deflate") packs a TIFF; `options` are those
    of `apply`. The pixels are those of a run in memory, bit for bit. `told` hears how far it is;
    `run` computes the tiles, as `scale.Runner` does on a cluster.
    Returns the answer without its pixels: shape, axes, notes.

    Raises `UnsupportedImage` for a pipeline that looks at the picture as a whole, if it is large.
    """
    chain = _checked(pipeline, mask, options)
    with _source(source, volume) as found:
        recipe = recipe_for(chain, found.facts, **options)
        tile = tile_of(chain, recipe, found.source)
        answer = answer_of(found.facts, recipe, _unread(recipe, found.facts))
        with _target(target, answer, format, compress) as (sink, answer):
            counted = sink if told is None else _Counted(sink, answer, told)
            run(found.source, counted, recipe, tile=tile, threads=threads)
    return answer


def check(
    pipeline: Pipeline,
    found: Opened,
    target: str,
    *,
    mask: object = None,
    format: str | None = None,
    **options: Any,
) -> None:
    """Raise where `apply` would refuse before any work, and say why."""
    recipe = recipe_for(_checked(pipeline, mask, options), found.facts, **options)
    tile_of(pipeline, recipe, found.source)
    answer = answer_of(found.facts, recipe, _unread(recipe, found.facts))
    targets.fitted(answer, targets.kind_of(target, format))


def tiles_for(pipeline: Pipeline, found: Opened, **options: Any) -> tuple[Image, int]:
    """Return a picture of a tile's size, without pixels, and how many tiles there are."""
    tile = tile_of(pipeline, recipe_for(pipeline, found.facts, **options), found.source)
    pixels = found.facts.pixels
    space = pixels.shape[: len(tile)]
    part = found.facts.with_pixels(pixels[tuple(map(slice, tile))])
    return part, len(tiles.tiles_of(space, tile))


def _checked(pipeline: Pipeline | str, mask: object, options: dict[str, Any]) -> Pipeline:
    if mask is not None:
        raise InvalidValue("mask: is held in memory as a whole, so it does not go part by part")
    chain = Pipeline.parse(pipeline) if isinstance(pipeline, str) else pipeline
    check_dialect(chain, options.get("like"))
    return chain


def tile_of(pipeline: Pipeline, recipe: Recipe, source: Source) -> tuple[int, ...]:
    """Return the size of the tiles; refuse what would need the whole of a large picture."""
    tile = recipe.tile(source)
    space, rest = source.shape[: len(tile)], source.shape[len(tile) :]
    if math.prod(tile) * math.prod(rest) <= MOST_TILE:
        return tile
    size = " x ".join(map(str, space))
    if recipe.halos is None:
        raise UnsupportedImage(
            f"{not_local(pipeline, recipe)} looks at the picture as a whole, so {size} pixels do"
            " not go part by part"
        )
    raise UnsupportedImage(
        "the picture has invisible pixels, which are seen in the colour of visible ones far off, so"
        f" {size} pixels do not go part by part"
    )


def not_local(pipeline: Pipeline, recipe: Recipe) -> str:
    """Name the step that looks at everything, or the range that does."""
    pairs = zip(pipeline.steps, recipe.operations, strict=True)
    found = (str(step) for step, run in pairs if run.reach(recipe.frame) is None)
    return next(found, f"range {recipe.shown}")


def _unread(recipe: Recipe, facts: Image) -> Array:
    shape = recipe.shape_of(facts.pixels.shape)
    return np.broadcast_to(np.zeros((), recipe.result), shape)


@contextlib.contextmanager
def _source(source: Any, volume: bool) -> Iterator[Opened]:
    if isinstance(source, str | os.PathLike):
        source = Place(os.fspath(source), volume)
    if isinstance(source, Place):
        with source.opened() as found:
            yield found
        return
    array = sliced.Sliced(source)
    axes = "zyx" if volume and len(array.shape) == 3 else usual_axes(len(array.shape))
    yield Opened(array, facts_of(array.shape, array.dtype, axes))


@contextlib.contextmanager
def _target(
    target: Any, answer: Image, format: str | None, compress: str | None
) -> Iterator[tuple[Sink, Image]]:
    if not isinstance(target, str | os.PathLike):
        if tuple(target.shape) != answer.pixels.shape or target.dtype != answer.pixels.dtype:
            raise InvalidValue(
                f"target: must be {answer.pixels.shape} {answer.pixels.dtype}; got"
                f" {tuple(target.shape)} {target.dtype}"
            )
        yield sliced.sink(target), answer
        return
    path = os.fspath(target)
    kind = targets.kind_of(path, format)
    packed = targets.check_compression(kind, compress)
    fitted, notes = targets.fitted(answer, kind)
    metadata = replace(fitted.metadata, notes=(*answer.metadata.notes, *notes))
    with targets.created(path, fitted, kind, packed=packed) as sink:
        yield sink, replace(fitted, metadata=metadata)


@dataclass
class _Counted:
    """A sink that tells how much has come."""

    sink: Sink
    answer: Image
    told: Told
    _done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def write(self, region: Region, block: Array) -> None:
        self.sink.write(region, block)
        with self._lock:
            self._done += block.size
            self.told(self._done / max(1, self.answer.pixels.size))
