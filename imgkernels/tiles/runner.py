"""All tiles on all cores: a few threads take one tile after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np

from imgkernels.cores import limited, threads_from
from imgkernels.tiles import volume
from imgkernels.tiles.grid import Region, tiles_of, whole
from imgkernels.tiles.pieces import Cut, cut_for
from imgkernels.tiles.recipe import Recipe
from imgkernels.tiles.source import Filled, Held, Sink, Source
from imgkernels.tiles.tile import finished
from imgkernels.values import Array


def run(
    source: Source,
    sink: Sink,
    recipe: Recipe,
    *,
    tile: tuple[int, ...] | None = None,
    threads: int | None = None,
) -> None:
    """Compute every tile of a source into a sink, on so many threads (default: all cores).

    `tile` is the size of tiles, for sources that lie in blocks of their own; otherwise it depends
    on the picture and the recipe. The answer depends on it in the last bits, on `threads` never.
    An error of a tile, and Ctrl-C, end what the other threads are at, and are raised.
    """
    space = source.shape[: recipe.frame.ndim]
    _run(source, sink, recipe, tiles_of(space, tile or recipe.tile(source)), threads)


def _run(
    source: Source,
    sink: Sink,
    recipe: Recipe,
    regions: tuple[Region, ...],
    threads: int | None,
) -> None:
    cores = threads_from(threads)
    count = max(1, min(cores, len(regions)))
    queue = _Queue(source, sink, recipe, regions, cores // count)
    helpers = [threading.Thread(target=queue.helped) for _ in range(count - 1)]
    try:
        for helper in helpers:
            helper.start()
        queue.work()
        for helper in helpers:
            helper.join()
    except BaseException:
        queue.stop()
        for helper in helpers:
            _end(helper)
        raise
    queue.check()


def computed(source: Held, recipe: Recipe, threads: int | None = None) -> Array:
    """Return what a recipe makes of an array, as a new one."""
    count, space = threads_from(threads), source.shape[: recipe.frame.ndim]
    key = "cut", source.shape, source.pixels.dtype, count
    if key not in recipe.kept:
        recipe.kept[key] = cut_for(recipe, source, count)
    if recipe.kept[key] is not None:
        return _filled(source, recipe, recipe.kept[key], count)
    regions = tiles_of(space, recipe.tile(source))
    alone = volume.goes_alone(source, recipe)
    if len(regions) == 1 or alone:  # the block is the answer, without a copy
        with limited(count):
            block = finished(source, whole(space), recipe)
        pixels = np.require(block, requirements=["C", "W"])
        return pixels.copy() if np.may_share_memory(pixels, source.pixels) else pixels
    pixels = np.empty(recipe.shape_of(source.shape), recipe.result)
    _run(source, Filled(pixels), recipe, regions, count)
    return pixels


def _filled(source: Held, recipe: Recipe, cut: Cut, threads: int) -> Array:
    x = source.pixels
    if not x.flags.c_contiguous or not x.dtype.isnative:
        x = source.read(whole(x.shape))
    pixels = np.empty(x.shape, recipe.result)

    def other(rows: slice) -> None:
        columns = whole(x.shape[1 : recipe.frame.ndim])
        pixels[rows] = finished(source, (rows, *columns), recipe)

    cut.run(x, pixels, threads, other)
    return pixels


_PATIENCE = 0.1  # seconds; whoever is then still in a library ends when it comes back


class _Ended(BaseException):
    """What ends a thread whose answer nobody waits for."""


def _end(helper: threading.Thread) -> None:
    """Let a thread end at its next step in Python, within a tile: some tiles take seconds."""
    if helper.ident is None:
        return  # it was never started
    import ctypes

    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    raise_in(ctypes.c_ulong(helper.ident), ctypes.py_object(_Ended))
    helper.join(_PATIENCE)


class _Queue:
    """The tiles that are left, taken one by one by whoever is free."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        recipe: Recipe,
        regions: tuple[Region, ...],
        threads: int,
    ) -> None:
        self._source, self._sink, self._recipe = source, sink, recipe
        self._threads = threads  # for each tile
        self._left: Iterator[Region] = iter(regions)
        self._lock = threading.Lock()
        self._error: BaseException | None = None
        self._stopped = False

    def work(self) -> None:
        """Compute tiles until none is left, or until somebody stops."""
        with limited(self._threads):
            while (region := self._next()) is not None:
                self._sink.write(region, finished(self._source, region, self._recipe))

    def helped(self) -> None:
        """Do the same in a thread of its own; what goes wrong is kept for the one who waits."""
        try:
            self.work()
        except BaseException as error:  # noqa: BLE001 - raised by the one who waits
            self._error = error
            self.stop()

    def stop(self) -> None:
        """Let nobody take another tile."""
        self._stopped = True

    def check(self) -> None:
        """Raise what went wrong in a helper."""
        if self._error is not None:
            raise self._error

    def _next(self) -> Region | None:
        with self._lock:
            return None if self._stopped else next(self._left, None)
