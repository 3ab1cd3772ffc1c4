"""One operation on a picture in memory, filled in piece by piece, without a copy on the way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgkernels.cores import together
from imgkernels.engine import Fill
from imgkernels.tiles.grid import tile_for
from imgkernels.tiles.recipe import Recipe
from imgkernels.tiles.source import Source
from imgkernels.values import Array

_BUDGET = 1 << 17  # values of a piece: with its sums, in floats, it stays in a core's own cache
_WORTH = 3 << 19  # bytes of a picture that are worth a second thread
_LEAST = 4  # halos in a part


@dataclass(frozen=True)
class Piece:
    """Some rows of the answer, and the rows that are read for them."""

    rows: slice
    seen: slice

    def fill(self, fill: Fill, x: Array, out: Array) -> bool:
        """Fill the rows of the answer; False where what is in them forbids it."""
        first = self.seen.start
        inner = slice(self.rows.start - first, self.rows.stop - first)
        return fill.fills(x[self.seen], inner, out[self.rows])


@dataclass(frozen=True)
class Cut:
    """A picture in pieces: some at the same time, then the seams between them."""

    fill: Fill
    pieces: tuple[Piece, ...]
    seams: tuple[Piece, ...] = ()

    def run(self, x: Array, out: Array, threads: int, other: Callable[[slice], None]) -> None:
        """Fill the answer for a picture; `other` fills what cannot be filled like this."""

        def take(left: Sequence[Piece]) -> Callable[[], None]:
            queue = iter(left)  # whose steps are one at a time, whoever takes them

            def work() -> None:
                for piece in queue:
                    if not piece.fill(self.fill, x, out):
                        other(piece.rows)

            return work

        count = min(threads, len(self.pieces)) if x.nbytes >= _WORTH else 1
        work = take(self.pieces)
        together(work, count) if count > 1 else work()
        if self.seams:
            take(self.seams)()


def cut_for(recipe: Recipe, source: Source, threads: int) -> Cut | None:
    """Return how a picture is filled; None where the recipe has nothing that could.

    What is free is cut in parts for each thread if it needs no room, else in pieces that stay in
    cache; what is not goes by the grid of tiles.
    """
    fill = recipe.fill(source)
    if fill is None or recipe.halos is None:
        return None
    space, ((halo, _),) = source.shape[:2], recipe.halos
    if fill.straight:
        count = threads if math.prod(source.shape) * source.dtype.itemsize >= _WORTH else 1
        return _parts(fill, space[0], halo, count)
    budget = _BUDGET if fill.free else None
    regions = _regions(recipe, source, halo, budget)
    return None if regions is None else Cut(fill, regions)


def _parts(fill: Fill, rows: int, halo: int, count: int) -> Cut:
    """Cut a picture in so many parts, which see a border at each end, and mend the seams."""
    count = max(1, min(count, rows // (_LEAST * halo + 1)))
    ends = [rows * i // count for i in range(count + 1)]
    parts = tuple(Piece(slice(a, b), slice(a, b)) for a, b in itertools.pairwise(ends))
    inner = ends[1:-1] if halo else []
    seams = (Piece(slice(m - halo, m + halo), slice(m - 2 * halo, m + 2 * halo)) for m in inner)
    return Cut(fill, parts, tuple(seams))


def _regions(
    recipe: Recipe, source: Source, halo: int, budget: int | None
) -> tuple[Piece, ...] | None:
    """Cut a picture in strips with what is read around them; None where tiles are no strips."""
    space, channels = source.shape[:2], math.prod(source.shape[2:])
    tile = recipe.tile(source) if budget is None else tile_for(space, channels, (halo, 0), budget)
    if tile[1] != space[1]:
        return None
    ends = [*range(0, space[0], tile[0]), space[0]]
    return tuple(
        Piece(slice(a, b), slice(max(0, a - halo), min(space[0], b + halo)))
        for a, b in itertools.pairwise(ends)
    )
