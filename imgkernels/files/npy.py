"""NumPy's .npy: any supported array, header checked first, nothing unpickled."""

from __future__ import annotations

import math
from io import BytesIO
from typing import Any

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.decoded import Decoded
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image, usual_axes
from imgkernels.values import SUPPORTED, Array

_VERSIONS = ((1, 0), (2, 0))  # 3.0 is for named fields, which are no pixels
_USUAL_CHANNELS = 4


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read an array; 3 axes are rows, columns and channels, with `volume` or `frame` planes first.

    One bit (bool) becomes 0 and 255. Nothing says which channel is alpha, so none is.
    """
    axes = admit(data, wanted)
    x, notes = _array(data, wanted)
    channels = x.shape[-1] if axes.endswith("c") else 1
    if x.dtype == np.bool_:
        x, notes = x.astype(np.uint8) * np.uint8(255), (*notes, "true and false became 255 and 0")
    if axes == "yxc" and channels > _USUAL_CHANNELS:
        notes += (f"the last axis was taken as {channels} channels; --volume takes 3 as planes",)
    if wanted.frame is not None:
        planes = len(x) if axes.startswith("z") else 1
        frame = wanted.one_of(planes, "planes")
        x, axes = (x[frame], axes[1:]) if axes.startswith("z") else (x, axes)
    elif wanted.volume and not axes.startswith("z"):
        raise FileProblem(f"holds {x.ndim} axes; --volume takes 3, or 4 with channels")
    return Decoded(x, notes=notes, axes=axes).image("npy")


def admit(head: bytes, wanted: Wanted, size: int | None = None) -> str:
    """Return the axes that a header stands for; refuse too many values before they are read.

    `size`: the bytes that the array and its header are said to take together.
    """
    shape, _, dtype, start = header(head)
    if dtype.name not in (*SUPPORTED, "bool"):
        raise FileProblem(f"holds {dtype.name}; supported are {', '.join(SUPPORTED)}")
    there = start + math.prod(shape) * dtype.itemsize
    if size is not None and size != there:
        raise FileProblem(f"is damaged: its header declares {there:,} bytes, there are {size:,}")
    axes = "zyx" if len(shape) == 3 and _planes_first(wanted) else usual_axes(len(shape))
    space = shape[: len(axes.rstrip("c"))]
    wanted.admit(math.prod(space[-1:]), math.prod(space[-2:-1]), math.prod(space[:-2]))
    if math.prod(shape) > _USUAL_CHANNELS * wanted.max_pixels:
        raise FileProblem(f"holds {math.prod(shape):,} values, more than --max-pixels allows")
    return axes


def encode(image: Image) -> bytes:
    """Return the array as it is."""
    out = BytesIO()
    np.lib.format.write_array(out, image.pixels, allow_pickle=False)
    return out.getvalue()


def _planes_first(wanted: Wanted) -> bool:
    return wanted.volume or wanted.frame is not None


def _array(data: bytes, wanted: Wanted) -> tuple[Array, tuple[str, ...]]:
    """Return the array that lies in `data`: no more memory is taken than the file has."""
    shape, fortran, dtype, start = header(data)
    count = math.prod(shape)
    missing = start + count * dtype.itemsize - len(data)
    notes = (wanted.cut("values are missing"),) if missing > 0 else ()
    whole = data + bytes(missing) if missing > 0 else data
    x = np.frombuffer(whole, dtype, count, start).reshape(shape, order="F" if fortran else "C")
    return np.require(x, requirements=["C", "A"]), notes


def header(data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, order, dtype and where the values start; no more is read than the header."""
    source = BytesIO(data)
    version = np.lib.format.read_magic(source)
    if version not in _VERSIONS:
        raise FileProblem(f"is of version {version[0]}.{version[1]}; 1.0 and 2.0 are read")
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = read(source)
    if any(n < 0 for n in shape):
        raise FileProblem(f"is damaged: its shape is {shape}")
    return shape, fortran, np.dtype(dtype), source.tell()
