"""zarr: arrays in chunks, each a file of a folder; read as version 2 or 3, written as 3."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from imgkernels.errors import FileProblem, MissingDependency
from imgkernels.files.wanted import Wanted
from imgkernels.files.words import reason
from imgkernels.image import AXES, Image, usual_axes
from imgkernels.streams.cells import Gathered, Grid, Index, Loaded
from imgkernels.streams.opened import Opened, facts_of
from imgkernels.streams.planes import Plane
from imgkernels.tiles import Source
from imgkernels.values import SUPPORTED, Array

_MOST_CHUNK = 1 << 28  # bytes of a chunk, which is unpacked as a whole
_MOST_TOLD = 1 << 22  # bytes of the file that describes an array
_ROW = 1 << 26  # bytes of a row of chunks that is gathered before it is written
_TOLD = ("zarr.json", ".zarray")


def is_zarr(path: Path) -> bool:
    """Tell whether a folder is an array or a group of zarr."""
    return any((path / name).is_file() for name in (*_TOLD, ".zgroup"))


def opened(path: Path, wanted: Wanted) -> Opened:
    """Open an array; its axes are the names of its dimensions, or those of a bare array."""
    zarr = _zarr()
    if any((path / name).is_file() and (path / name).stat().st_size > _MOST_TOLD for name in _TOLD):
        raise FileProblem("is damaged: the description of the array is longer than any array needs")
    array = _array(zarr, path)
    grid = Grid(tuple(array.shape), tuple(array.chunks))
    dtype = np.dtype(array.dtype)
    if dtype.name not in SUPPORTED:
        raise FileProblem(f"holds {dtype.name}; streamed are {', '.join(SUPPORTED)}")
    if math.prod(grid.cell) * dtype.itemsize > _MOST_CHUNK:
        raise FileProblem(f"has chunks of {grid.cell} {dtype.name}, too large to read in parts")
    axes = _axes(array, wanted)
    space = grid.shape[: len(axes.rstrip("c"))]
    wanted.admit(math.prod(space[-1:]), math.prod(space[-2:-1]), math.prod(space[:-2]))

    def load(index: Index) -> Array:
        return np.ascontiguousarray(array[grid.region(index)], dtype.newbyteorder("="))

    source: Source = Loaded(grid, dtype.newbyteorder("="), load)
    if wanted.frame is not None and axes.startswith("z"):
        source, axes = Plane(source, wanted.one_of(grid.shape[0], "planes")), axes[1:]
    return Opened(source, facts_of(source.shape, source.dtype, axes))


def sink(path: Path, image: Image) -> Gathered:
    """Begin an array of version 3 for pixels like these, which are not looked at."""
    x = image.pixels
    grid = Grid(x.shape, _chunks(x.shape, image.axes, x.dtype.itemsize))
    array = _zarr().create_array(
        path, shape=x.shape, dtype=x.dtype, chunks=grid.cell, dimension_names=list(image.axes)
    )

    def emit(index: Index, cell: Array) -> None:
        array[grid.region(index)] = cell

    return Gathered(grid, x.dtype, emit)


def _chunks(shape: tuple[int, ...], axes: str, itemsize: int) -> tuple[int, ...]:
    """Return chunks of about a million pixels, of which a whole row may wait to be written."""
    ndim = len(axes.rstrip("c"))
    side = round((1 << 20) ** (1 / ndim))
    layer = math.prod(shape[1:]) * itemsize
    first = max(1, min(side, _ROW // max(1, layer)))
    cell = (first, *[side] * (ndim - 1), *shape[ndim:])
    return tuple(min(n, size) for n, size in zip(shape, cell, strict=True))


def _array(zarr: Any, path: Path) -> Any:
    try:
        return zarr.open_array(path, mode="r")
    except Exception as error:  # whatever a broken description makes the library raise
        if (path / "zarr.json").is_file() or (path / ".zgroup").is_file():
            inside = sorted(each.name for each in path.iterdir() if is_zarr(each))
            if inside:
                raise FileProblem(
                    f"is a group of arrays; name one of them: {path.name}/{inside[0]}"
                ) from error
        raise FileProblem(f"is no array that zarr reads: {reason(error)}") from error


def _axes(array: Any, wanted: Wanted) -> str:
    names = getattr(array.metadata, "dimension_names", None)
    told = "".join(str(name).lower() for name in names or ())
    if told in AXES:
        return told
    planes = wanted.volume or wanted.frame is not None
    return "zyx" if array.ndim == 3 and planes else usual_axes(array.ndim)


def _zarr() -> Any:
    try:
        import zarr
    except ImportError:
        raise MissingDependency(
            'zarr arrays need zarr, which is not installed: pip install "imgkernels[scale]"'
        ) from None
    return zarr
