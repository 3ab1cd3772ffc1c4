"""Arrays whose last axis, the channels, is whole vectors: what loops over channels share."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgkernels.engine.compiled.library import lanes, require

_FLOAT32 = np.dtype(np.float32)


def vectors() -> tuple[int, Any]:
    """Return how many channels are computed at once, and what is promised of their number."""
    return lanes(_FLOAT32), require().TailStrategy.RoundUp


def axes(names: str) -> tuple[Any, ...]:
    """Return variables of these names, the channels first."""
    hl = require()
    return tuple(hl.Var(name) for name in names.split())


def floats(name: str, count: int) -> Any:
    """Return an input of so many axes in float32."""
    hl = require()
    image = hl.ImageParam(hl.Float(32), count, name)
    flat(image)
    return image


def flat(image: Any) -> None:
    """Promise that the channels of an input are whole vectors."""
    lane = lanes(_FLOAT32)
    image.dim(0).set_bounds(0, image.dim(0).extent() // lane * lane)


def is_nan(value: Any) -> Any:
    """Tell whether a number is none, by its bits: Halide's own asks lane after lane."""
    hl = require()
    return (hl.reinterpret(hl.UInt(32), value) & hl.u32(0x7FFFFFFF)) > hl.u32(0x7F800000)
