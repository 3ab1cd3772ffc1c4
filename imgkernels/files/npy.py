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
    x = _array(data, wanted)
    axes = "zyx" if x.ndim == 3 and _planes_first(wanted) else usual_axes(x.ndim)
    channels = x.shape[-1] if axes.endswith("c") else 1
    space = x.shape[: len(axes.rstrip("c"))]
    wanted.admit(math.prod(space[-1:]), math.prod(space[-2:-1]), math.prod(space[:-2]))
    notes: tuple[str, ...] = ()
    if x.dtype == np.bool_:
        x, notes = x.astype(np.uint8) * np.uint8(255), ("true and false became 255 and 0",)
    if axes == "yxc" and channels > _USUAL_CHANNELS:
        notes += (f"the last axis was taken as {channels} channels; --volume takes 3 as planes",)
    if wanted.frame is not None:
        planes = len(x) if axes.startswith("z") else 1
        frame = wanted.one_of(planes, "planes")
        x, axes = (x[frame], axes[1:]) if axes.startswith("z") else (x, axes)
    elif wanted.volume and not axes.startswith("z"):
        raise FileProblem(f"holds {x.ndim} axes; --volume takes 3, or 4 with channels")
    return Decoded(x, notes=notes, axes=axes).image("npy")


def encode(image: Image) -> bytes:
    """Return the array as it is."""
    out = BytesIO()
    np.lib.format.write_array(out, image.pixels, allow_pickle=False)
    return out.getvalue()


def _planes_first(wanted: Wanted) -> bool:
    return wanted.volume or wanted.frame is not None


def _array(data: bytes, wanted: Wanted) -> Array:
    """Return the array that lies in `data`: no more memory is taken than the file has."""
    shape, fortran, dtype, start = header(data)
    if dtype.name not in (*SUPPORTED, "bool"):
        raise FileProblem(f"holds {dtype.name}; supported are {', '.join(SUPPORTED)}")
    count = math.prod(shape)
    if len(data) - start < count * dtype.itemsize:
        raise FileProblem("is truncated: values are missing")
    x = np.frombuffer(data, dtype, count, start).reshape(shape, order="F" if fortran else "C")
    return np.require(x, requirements=["C", "A"])


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
