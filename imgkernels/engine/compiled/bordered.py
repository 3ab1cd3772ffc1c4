"""An image with its border laid around it while it is read: what every compiled loop reads from.

Rows are flat: a pixel's channels lie side by side, so a neighbour along x is `channels` values
away, and one loop serves any number of channels.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.border import Border
from imgkernels.engine.compiled.library import require, type_of
from imgkernels.values import Array

Places = npt.NDArray[np.int32]


class Bordered:
    """The Halide function `(x, y, z)` of an image of one dtype, and the inputs it needs."""

    def __init__(self, source: np.dtype[Any], dtype: np.dtype[Any]) -> None:
        hl = require()
        self.image = hl.ImageParam(type_of(source), 3, "image")
        self._at = [hl.ImageParam(hl.Int(32), 1, f"at_{axis}") for axis in "xyz"]
        self._left = hl.Param(hl.Int(32), "left")
        self._value = hl.Param(type_of(dtype), "value")
        self.step = hl.Param(hl.Int(32), "step")
        self.function = self._function(dtype)

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs by the names that `given` fills."""
        at = {f"at_{axis}": places for axis, places in zip("xyz", self._at, strict=True)}
        own = {"image": self.image, "left": self._left, "value": self._value, "step": self.step}
        return own | at

    def _function(self, dtype: np.dtype[Any]) -> Any:
        hl = require()
        x, y, z = hl.Var("x"), hl.Var("y"), hl.Var("z")
        width, height, depth = (self.image.dim(axis).extent() for axis in range(3))
        for axis, places in enumerate(self._at):
            self.image.dim(axis).set_min(0)
            places.dim(0).set_min(0)
        column, row, plane = (
            places[hl.clamp(i, 0, places.dim(0).extent() - 1)]
            for i, places in zip((x, y, z), self._at, strict=True)
        )
        # The maps hold what lies in the image, or -1 for the border's value: a promise, no clamp.
        row, there = hl.unsafe_promise_clamped(hl.max(row, 0), 0, height - 1), (row | plane) >= 0
        plane = hl.unsafe_promise_clamped(hl.max(plane, 0), 0, depth - 1)
        inside = (x >= self._left) & (x < self._left + width)
        middle = hl.clamp(hl.likely(x - self._left), 0, width - 1)
        edge = hl.unsafe_promise_clamped(hl.max(column, 0), 0, width - 1)
        value = type_of(dtype)
        # `likely` has the loop along x cut in three, so that the middle knows no border.
        found = hl.select(
            inside,
            hl.likely(hl.cast(value, self.image[middle, row, plane])),
            hl.select(column < 0, self._value, hl.cast(value, self.image[edge, row, plane])),
        )
        function = hl.Func("bordered")
        function[x, y, z] = hl.select(there, found, self._value)
        return function


def given(
    x: Array, margins: Sequence[tuple[int, int]], border: Border, value: float
) -> dict[str, Any]:
    """Return the inputs for an image `(z, y, x, channels)` and its margins on those three axes."""
    planes, rows, columns = _places(x.shape, tuple(margins), border)
    return {
        "image": x.reshape(*x.shape[:2], -1),
        "at_x": columns, "at_y": rows, "at_z": planes,
        "left": margins[2][0] * x.shape[-1], "value": value, "step": x.shape[-1],
    }  # fmt: skip


@functools.lru_cache(64)
def _places(
    shape: tuple[int, ...], margins: tuple[tuple[int, int], ...], border: Border
) -> tuple[Places, Places, Places]:
    """Return what lies at each place along z, y and x; these arrays are not to be written."""
    planes, rows, columns = (
        border.indices(n, before, after).astype(np.int32)
        for n, (before, after) in zip(shape, margins, strict=False)
    )
    channels = shape[-1]
    flat = columns[:, np.newaxis] * channels + np.arange(channels, dtype=np.int32)
    flat[columns < 0] = -1
    return planes, rows, flat.reshape(-1).astype(np.int32, copy=False)
