"""One operation on a picture in memory, filled in piece by piece, without a copy on the way."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from imgkernels.border import Border
from imgkernels.cores import spread
from imgkernels.engine import Fill, tell
from imgkernels.tiles.grid import tile_for
from imgkernels.tiles.recipe import Recipe
from imgkernels.tiles.source import Source
from imgkernels.values import Array

_BUDGET = 1 << 17  # values of a piece: with its sums, in floats, it stays in a core's own cache
_WORTH = 3 << 19  # bytes of a picture that are worth a second thread
_MOST = 1 << 23  # values of a part: more delay Ctrl-C
_LEAST = 4  # halos in a part


@dataclass(frozen=True)
class Piece:
    """Some rows of the answer, the rows that are read for them, and where they are in these."""

    rows: slice
    seen: slice
    inner: slice

    @classmethod
    def of(cls, start: int, stop: int, before: int, after: int) -> Piece:
        """Answer some rows from those and some more."""
        inner = slice(before, before + stop - start)
        return cls(slice(start, stop), slice(start - before, stop + after), inner)


@dataclass(frozen=True)
class Cut:
    """A picture in pieces that are filled at the same time, and the seams between them after."""

    fill: Fill
    pieces: tuple[Piece, ...]
    seams: tuple[Piece, ...] = ()

    def run(self, x: Array, out: Array, threads: int, other: Callable[[slice], None]) -> None:
        """Fill the answer for a picture; `other` fills rows that cannot be filled like this."""
        tell(*self.fill.methods)
        fills = self.fill.fills

        def fill(piece: Piece) -> None:
            if not fills(x[piece.seen], piece.inner, out[piece.rows]):
                other(piece.rows)

        spread(fill, self.pieces, 1 if self.fill.threaded else threads)
        for seam in self.seams:
            fill(seam)


def cut_for(recipe: Recipe, source: Source, threads: int) -> Cut | None:
    """Return how a picture is filled; None where the recipe has nothing that could.

    What is free is cut in parts for each thread if it needs no room, else in pieces that stay in
    cache; what is not goes by the grid of tiles.
    """
    fill = recipe.fill(source)
    if fill is None or recipe.halos is None:
        return None
    rows, ((halo, _),) = source.shape[0], recipe.halos
    if fill.straight and fill.free:
        size = math.prod(source.shape)
        large = size * source.dtype.itemsize >= _WORTH and not fill.threaded
        hands = threads if large else 1
        count = -(-size // (_MOST * hands)) * hands  # as many parts for each
        wraps = recipe.frame.border is Border.WRAP  # and no part sees the other end
        return None if wraps and count > 1 else _parts(fill, rows, halo, count)
    tile = recipe.tile(source)
    if fill.free:
        tile = tile_for(source.shape[:2], math.prod(source.shape[2:]), (halo, 0), _BUDGET)
    if tile[1] != source.shape[1]:
        return None
    ends = [*range(0, rows, tile[0]), rows]
    strips = (
        Piece.of(a, b, min(halo, a), min(halo, rows - b)) for a, b in itertools.pairwise(ends)
    )
    return Cut(fill, tuple(strips))


def _parts(fill: Fill, rows: int, halo: int, count: int) -> Cut:
    """Cut a picture in so many parts, which see a border at each end, and mend the seams."""
    count = max(1, min(count, rows // (_LEAST * halo + 1)))
    ends = [rows * i // count for i in range(count + 1)]
    parts = tuple(Piece.of(a, b, 0, 0) for a, b in itertools.pairwise(ends))
    inner = ends[1:-1] if halo else []
    return Cut(fill, parts, tuple(Piece.of(m - halo, m + halo, halo, halo) for m in inner))
