"""Volumes that a method takes as a whole, as it shares them among the cores by itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations import Convolve, Magnitude
from imgkernels.operations.operation import plan_of
from imgkernels.tiles.grid import count_of
from imgkernels.tiles.recipe import BY_ITSELF, Recipe
from imgkernels.tiles.source import Source

_SHARING = {"stack", "halide", "halide-rows"}
_NARROW = 16  # pixels of a halo: more delays Ctrl-C


def goes_alone(source: Source, recipe: Recipe) -> bool:
    """Tell whether one call does it all, on all cores.

    What such methods make of a pixel depends on its window alone, so that the bytes are those of
    tiles; without halos and copies it is sooner there.
    """
    if not _alone(recipe) or recipe.halos is None or math.prod(source.shape) > BY_ITSELF:
        return False
    if max(recipe.halos[0]) > _NARROW:
        return False
    kernels = recipe.operations[0].kernels
    return all(_method(source, recipe, kernel) in _SHARING for kernel in kernels)


def _alone(recipe: Recipe) -> bool:
    """Whether kernels that meet a volume of floats are all there is."""
    floats = recipe.frame.ndim == 3 and recipe.frame.dtype == recipe.result == np.float32
    one = len(recipe.operations) == 1 and isinstance(recipe.operations[0], (Convolve, Magnitude))
    return floats and one and recipe.plain


def _method(source: Source, recipe: Recipe, kernel: Kernel) -> str | None:
    """Return by which method a kernel meets the whole and a tile with its halo; None: by two."""
    assert recipe.halos is not None
    (halo,), tile, frame = recipe.halos, recipe.tile(source), recipe.frame
    space, channels = source.shape[:3], source.shape[3:] or (1,)
    read = tuple(min(n + 2 * h, size) for n, h, size in zip(tile, halo, space, strict=True))
    parts = ((space, frame), (read, replace(frame, repeat=frame.repeat * count_of(space, tile))))
    one = np.zeros((), source.dtype)
    found = {
        plan_of(np.broadcast_to(one, (*part, *channels)), kernel, told).method
        for part, told in parts
    }
    return found.pop() if len(found) == 1 else None
