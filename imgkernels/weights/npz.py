"""NumPy's .npz, from the directory and the headers: nothing is unpickled, no size believed."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.archive import Archive
from imgkernels.files.npy import header
from imgkernels.values import Array
from imgkernels.weights.limits import Budget, array_dtype

_MOST_HEADER = 12_000  # bytes; numpy itself takes 10,000 characters


def read(file: BinaryIO, most: int) -> dict[str, Array]:
    """Return the arrays of an npz, each as its member's name says."""
    archive = Archive(file)
    budget = Budget.of_packed(file.seek(0, 2), most)
    strangers = [name for name in archive.members if not name.endswith(".npy")]
    if strangers:
        raise FileProblem(f"{strangers[0]}: a npz holds .npy members alone")
    for name in archive.members:
        _declared(archive, name, budget)
    return {name.removesuffix(".npy"): _array(archive, name) for name in archive.members}


def write(arrays: Mapping[str, Array]) -> bytes:
    """Return an uncompressed npz: trained floats do not shrink."""
    out = BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def _declared(archive: Archive, name: str, budget: Budget) -> None:
    """Check what a member's header declares against its size in the archive and the budget."""
    shape, _, dtype, start = _header(archive.head(name, _MOST_HEADER), name)
    size = budget.take(name, shape, array_dtype(dtype, name))
    there = archive.size(name)
    if start + size != there:
        raise FileProblem(
            f"{name}: its header declares {start + size:,} bytes, there are {there:,}"
        )


def _array(archive: Archive, name: str) -> Array:
    data = archive.read(name)
    shape, fortran, dtype, start = _header(data[:_MOST_HEADER], name)
    x = np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if fortran else "C")
    return x.astype(dtype.newbyteorder("="), order="C")


def _header(head: bytes, name: str) -> tuple[tuple[int, ...], bool, np.dtype[np.generic], int]:
    try:
        return header(head)
    except Exception as error:  # parsers of broken headers raise anything
        raise FileProblem(f"{name}: is no sound .npy: {error}") from error
