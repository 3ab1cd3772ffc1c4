"""What is done to every tile of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from imgkernels import alpha
from imgkernels.border import Border
from imgkernels.channels import Channels
from imgkernels.engine import Fill
from imgkernels.operations import Convolve, Filling, Frame, Nan, Operation, Range
from imgkernels.operations.operation import plan_of
from imgkernels.operations.point import joined
from imgkernels.tiles.grid import BUDGET, Halo, Region, count_of, cut, grown, tile_for, whole
from imgkernels.tiles.source import Source
from imgkernels.values import precise_enough, white_of

AT_ONCE = 1 << 21  # values of a tile that is computed in one go: it passes through cache by itself
_ALONG_LINES = ("cosines", "spectral")  # methods that take whole lines, on all cores
BY_ITSELF = 1 << 25  # values: more delays Ctrl-C


@dataclass(frozen=True)
class Recipe:
    """Operations in order on what `channels` lets them see, and how the answer is stored.

    `axes` are the picture's; `alpha` tells whether its last channel is alpha, kept apart. `shown`
    is how values outside black to white are brought in; None for not at all.
    """

    operations: tuple[Operation, ...]
    frame: Frame
    axes: str
    alpha: bool
    result: np.dtype[np.generic]
    shown: Range | None = None
    channels: Channels = Channels.EACH

    @cached_property
    def halos(self) -> tuple[Halo, ...] | None:
        """What each operation spoils along an edge that is none of the image; None: everything.

        A border that reflects shows after the edge what lies before it: halos are even.
        """
        reaches = [operation.reach(self.frame) for operation in self.operations]
        found = [tuple(map(max, reach)) for reach in reaches if reach is not None]
        local = len(found) == len(reaches) and self.shown is not Range.STRETCH
        return tuple(found) if local else None

    @cached_property
    def brief(self) -> Recipe:
        """The same with curves that follow one another as one operation, where nothing is kept."""
        return replace(self, operations=joined(self.operations, self.frame)) if self.plain else self

    @property
    def flat(self) -> bool:
        """Whether the answer is a plane without an axis of channels."""
        summed = self.channels is Channels.SUM and not self.alpha
        return summed or not self.axes.endswith("c")

    def shape_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the answer's shape for a picture's."""
        space = shape[: self.frame.ndim]
        if self.flat:
            return space
        return (*space, 1 + self.alpha) if self.channels is Channels.SUM else shape

    @property
    def plain(self) -> bool:
        """Whether the last operation's answer is stored as it is, but for rounding."""
        frame = self.frame
        cut_by_dtype = self.result.kind == "u" and frame.white == white_of(self.result)
        shown = self.shown is None or (self.shown is Range.CLIP and cut_by_dtype)
        counts = frame.certainty is None and (frame.nan is Nan.PROPAGATE or frame.dtype.kind != "f")
        return shown and counts and self.channels is Channels.EACH and not self.alpha

    @property
    def at_once(self) -> bool:
        """Whether one kernel is all there is, and 8 bits are rounded where its sums are made."""
        eight = self.frame.dtype == self.result == np.uint8
        one = len(self.operations) == 1 and isinstance(self.operations[0], Convolve)
        return self.plain and eight and one

    def frame_at(self, region: Region, repeat: int = 1) -> Frame:
        """Return the frame for a part of the picture, which may go on beyond edges that wrap.

        There are `repeat` such parts.
        """
        frame, certainty = self.frame, self.frame.certainty
        if certainty is not None:
            certainty = cut(certainty, whole(certainty.shape[:-1]), region)
        return replace(frame, certainty=certainty, repeat=frame.repeat * repeat)

    def needs(self, region: Region, space: tuple[int, ...]) -> list[Region]:
        """Return what is read for a region, and what is left of that after each operation."""
        if self.halos is None:
            return [whole(space)] * len(self.operations) + [region]
        found = [region]
        for halo in reversed(self.halos):
            found.append(grown(found[-1], halo, space, self.frame.border is Border.WRAP))
        return found[::-1]

    def tile(self, source: Source) -> tuple[int, ...]:
        """Return the size of tile for a picture: all of it where it must be seen as a whole."""
        space = source.shape[: self.frame.ndim]
        if self.halos is None or self._slides(source) or not self.sees_through(source):
            return tuple(max(1, n) for n in space)
        halo = tuple(map(sum, zip(*self.halos, strict=True))) or (0,) * len(space)
        channels = source.shape[-1] if self.axes.endswith("c") else 1
        return tile_for(space, channels, halo, AT_ONCE if self.at_once else BUDGET)

    def _slides(self, source: Source) -> bool:
        """Tell whether one kernel is all there is, and its sums slide along whole lines.

        That is done on all cores, and a halo would be computed in vain.
        """
        alone = len(self.operations) == 1 and isinstance(self.operations[0], Convolve)
        if not alone or self.frame.certainty is not None or math.prod(source.shape) > BY_ITSELF:
            return False
        (kernel,), space = self.operations[0].kernels, source.shape[: self.frame.ndim]
        rest = source.shape[self.frame.ndim :] or (1,)
        one = precise_enough(np.zeros((), source.dtype), self.result)
        like = np.broadcast_to(one, (*space, *rest))
        return plan_of(like, kernel, self.frame).method in _ALONG_LINES

    def fill(self, source: Source) -> Fill | None:
        """Return what fills the answer for a picture, or for a block of it; None: nothing can.

        It is planned for a tile of the usual size, whatever the block, so that all agree.
        """
        key = "fill", source.shape, source.dtype
        if key not in self.kept:
            self.kept[key] = self._fill(source)
        found: Fill | None = self.kept[key]
        return found

    @cached_property
    def kept(self) -> dict[tuple[object, ...], Any]:
        """What was decided for pictures of a shape and dtype, for the next one like it."""
        return {}

    def _fill(self, source: Source) -> Fill | None:
        one = np.zeros((), source.dtype)
        simple = len(self.operations) == 1 and self.frame.ndim == 2 and self.plain
        exact = precise_enough(one, self.result).dtype == source.dtype
        if not simple or not exact or self.halos is None or 0 in source.shape:
            return None
        (operation,), (halo,), space = self.operations, self.halos, source.shape[:2]
        if not isinstance(operation, Filling):
            return None
        tile = self.tile(source)
        seen = [
            min(n + 2 * around, size) for n, around, size in zip(tile, halo, space, strict=True)
        ]
        told = replace(self.frame, repeat=self.frame.repeat * count_of(space, tile))
        channels = source.shape[2:] or (1,)
        return operation.fill((*seen, *channels), source.dtype, told, self.result)

    def sees_through(self, source: Source) -> bool:
        """Tell whether each pixel is seen in its own colour, not in that of a visible one far off.

        Asked of every alpha where an operation looks at invisible pixels; see `alpha.filled`.
        """
        if not self.alpha or not any(map(self._asks_for_colours, self.operations)):
            return True
        if self.frame.certainty is not None:
            return False
        space = source.shape[: self.frame.ndim]
        rows = tile_for(space, source.shape[-1], (0,) * len(space))[0]
        strips = (slice(first, min(first + rows, space[0])) for first in range(0, space[0], rows))
        return all(source.read((s, *whole(space[1:])))[..., -1].all() for s in strips)

    def _asks_for_colours(self, operation: Operation) -> bool:
        return alpha.sees_others(operation, self.frame) and not alpha.averages(operation)
