"""What the tests of streams share: regions, sources held against pictures, a large file."""

from __future__ import annotations

import itertools
import math
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgkernels.streams import Place
from imgkernels.tiles import Region, grid, recipe, tiles_of

Array = np.ndarray[Any, np.dtype[Any]]


def regions(space: tuple[int, ...], seed: int = 0) -> Iterator[Region]:
    """The whole, single rows and columns at the edges, and a dozen boxes by chance."""
    yield tuple(slice(0, n) for n in space)
    for axis, place in itertools.product(range(len(space)), (0, -1)):
        at = range(space[axis])[place]
        yield tuple(slice(at, at + 1) if a == axis else slice(0, n) for a, n in enumerate(space))
    rng = np.random.default_rng(seed)
    for _ in range(12):
        ends = (sorted(rng.integers(0, n + 1, 2)) for n in space)
        yield tuple(slice(int(low), int(high)) for low, high in ends)


def agrees(place: Place, expected: Array, axes: str) -> None:
    """Hold what is read in parts against the whole."""
    with place.opened() as found:
        assert found.facts.axes == axes
        assert found.source.shape == found.facts.pixels.shape == expected.shape
        assert found.source.dtype == found.facts.pixels.dtype == expected.dtype.newbyteorder("=")
        for region in regions(expected.shape[: len(axes.rstrip("c"))]):
            part = found.source.read(region)
            np.testing.assert_array_equal(part, expected[region])
            assert part.dtype == found.source.dtype
            assert part.flags.c_contiguous


def shuffled(space: tuple[int, ...], tile: tuple[int, ...], seed: int = 0) -> list[Region]:
    """The tiles of a grid in any order."""
    found = list(tiles_of(space, tile))
    return [found[i] for i in np.random.default_rng(seed).permutation(len(found))]


def noise(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    """Noise over a wide range of the dtype."""
    x = np.random.default_rng(seed).random(shape)
    return (x * (1 if dtype.startswith("f") else 200)).astype(dtype)


def many_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut small pictures along all axes."""
    for name, value in (("_LARGEST", 2500), ("_SPARE", 1), ("_LEAST_SPARE", 1)):
        monkeypatch.setattr(grid, name, value)
    for name in ("BUDGET", "AT_ONCE"):
        monkeypatch.setattr(recipe, name, 1000)


def peak_of(code: str, *words: object) -> tuple[int, float, str]:
    """Run code in a process of its own; return its most memory, CPU time and output."""
    told = "print('PEAK', next(l for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", f"{code}\n{told}", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    out, _, peak = done.stdout.partition("PEAK")
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return int(peak.split()[1]) << 10, seconds, out


def large_tiff(path: Path, side: int) -> None:
    """Write a square TIFF of 8-bit noise, block by block."""
    from imgkernels.image import Image
    from imgkernels.streams.target import created

    nothing = np.broadcast_to(np.zeros((), np.uint8), (side, side))
    rows = max(1, (1 << 25) // side)
    with created(str(path), Image(nothing, "yx", 255.0), "tiff") as sink:
        for (span,) in tiles_of((side,), (rows,)):
            block = rows_of(span, side)
            sink.write((span, slice(0, side)), block)


def rows_of(span: slice, side: int) -> Array:
    """The noise of some rows of the large picture: each row by itself, so any can be made again."""
    height = span.stop - span.start
    seeds = np.arange(span.start, span.stop, dtype=np.uint32)[:, None] * np.uint32(2654435761)
    columns = np.arange(side, dtype=np.uint32)[None] * np.uint32(2246822519)
    mixed = seeds ^ columns
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(2654435761)
    assert mixed.shape == (height, side) and math.prod(mixed.shape)
    return (mixed >> np.uint32(24)).astype(np.uint8)
