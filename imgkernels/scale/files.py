"""One huge file on a cluster: workers read and filter its tiles, what they send back is written."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from imgkernels import tiles
from imgkernels.scale.cluster import Call, results
from imgkernels.streams import Place
from imgkernels.tiles import Recipe, Region, Sink, Source
from imgkernels.values import Array

_TASK = 1 << 25  # values of a task: a large part of a second, beside which its way costs little

Blocks = list[tuple[Region, Array]]


@dataclass(frozen=True)
class Runner:
    """Computes all tiles of a place on a cluster, in the way of `tiles.run`.

    The workers must see the file under the same name. A worker that is lost costs time: what it
    was at is given to others.
    """

    client: Any
    place: Place

    @classmethod
    def of(cls, client: Any, place: Place) -> Runner:
        """Return the runner for a place whose name may be relative to here."""
        return cls(client, replace(place, path=os.path.abspath(place.path)))

    def __call__(
        self,
        source: Source,
        sink: Sink,
        recipe: Recipe,
        *,
        tile: tuple[int, ...],
        threads: int | None = None,
    ) -> None:
        """Compute the tiles, and write them here."""
        regions = tiles.tiles_of(source.shape[: len(tile)], tile)
        values = math.prod(tile) * math.prod(source.shape[len(tile) :])
        for blocks in results(self.client, self._calls(regions, max(1, _TASK // values), recipe)):
            for region, block in blocks:
                sink.write(region, block)

    def _calls(self, regions: tuple[Region, ...], size: int, recipe: Recipe) -> Iterator[Call]:
        for start in range(0, len(regions), size):
            yield blocks_of, self.place, regions[start : start + size], recipe


def blocks_of(place: Place, regions: tuple[Region, ...], recipe: Recipe) -> Blocks:
    """Return finished tiles of a place; this is what a worker does."""
    with place.opened() as found:
        return [(region, tiles.finished(found.source, region, recipe)) for region in regions]
