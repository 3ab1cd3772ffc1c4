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
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.image import Image, usual_axes
from imgkernels.pipeline import Pipeline, check_dialect, recipe_for
from imgkernels.run import answer_of
from imgkernels.streams import sliced, target as targets
from imgkernels.streams.opened import Opened, facts_of
from imgkernels.streams.place import ANY_SIZE, Place
from imgkernels.streams.raw import Raw
from imgkernels.tiles import Recipe, Region, Sink, Source
from imgkernels.values import Array

MOST_TILE = 1 << 26  # values that are in memory at once for each thread, a few times over

Told = Callable[[float], None]  # is told the share that is done


def apply(
    pipeline: Pipeline | str,
    source: Any,
    target: Any,
    *,
    volume: bool = False,
    frame: int | None = None,
    raw: str | None = None,
    max_pixels: int = ANY_SIZE,
    format: str | None = None,
    compress: str | None = None,
    threads: int | None = None,
    told: Told | None = None,
    **options: Any,
) -> Image:
    """Run a pipeline (or its text) from a source into a target, whatever their size.

    Sources and targets are paths of TIFF, .npy, .zarr, and of bare values (source: `raw` says what
    they are; target: .raw), or arrays that are read and written by slices: memory maps, HDF5 and
    zarr. `volume` and `frame` are those of `read`; `compress` ("deflate") packs a TIFF; `options`
    are those of `apply`. A target file is put in its place when it is whole. The pixels are those
    of a run in memory, bit for bit. Returns the answer without its pixels: shape, axes, notes.

    Raises `UnsupportedImage` for a pipeline that looks at the picture as a whole, if it is large.
    """
    chain = Pipeline.parse(pipeline) if isinstance(pipeline, str) else pipeline
    check_dialect(chain, options.get("like"))
    if options.get("mask") is not None:
        raise InvalidValue("mask: lies in memory as a whole, so it goes with no stream")
    given = None if raw is None else Raw.parse(raw)
    with _source(source, Place("", volume, frame, given, max_pixels)) as found:
        recipe = recipe_for(chain, found.facts, **options)
        tile = tile_of(chain, recipe, found.source)
        answer = answer_of(found.facts, recipe, _unread(recipe, found.facts))
        with _target(target, answer, format, compress) as (sink, answer):
            counted = sink if told is None else _Counted(sink, answer, told)
            tiles.run(found.source, counted, recipe, tile=tile, threads=threads)
    return answer


def tile_of(pipeline: Pipeline, recipe: Recipe, source: Source) -> tuple[int, ...]:
    """Return the size of the tiles; refuse what would need the whole of a large picture."""
    tile = recipe.tile(source)
    space, rest = source.shape[: len(tile)], source.shape[len(tile) :]
    if math.prod(tile) * math.prod(rest) <= MOST_TILE:
        return tile
    size = " x ".join(map(str, space))
    if recipe.halos is None:
        raise UnsupportedImage(
            f"{_global(pipeline, recipe)} looks at the picture as a whole, so it cannot be done"
            f" part by part, and {size} is too large for memory"
        )
    raise UnsupportedImage(
        f"the picture has invisible pixels, which are seen in the colour of visible ones far off;"
        f" so it cannot be done part by part, and {size} is too large for memory"
    )


def _global(pipeline: Pipeline, recipe: Recipe) -> str:
    """Name the step that looks at everything, or the range that does."""
    pairs = zip(pipeline.steps, recipe.operations, strict=True)
    found = (str(step) for step, run in pairs if run.reach(recipe.frame) is None)
    return next(found, f"range {recipe.shown}")


def _unread(recipe: Recipe, facts: Image) -> Array:
    shape = recipe.shape_of(facts.pixels.shape)
    return np.broadcast_to(np.zeros((), recipe.result), shape)


@contextlib.contextmanager
def _source(source: Any, asked: Place) -> Iterator[Opened]:
    if isinstance(source, str | os.PathLike):
        with replace(asked, path=os.fspath(source)).opened() as found:
            yield found
        return
    array = sliced.Sliced(source)
    axes = "zyx" if asked.volume and len(array.shape) == 3 else usual_axes(len(array.shape))
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
