"""NumPy's .npy, read and written part by part."""

from __future__ import annotations

import math
import os
from io import BytesIO, FileIO

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.npy import header
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image, usual_axes
from imgkernels.streams.at import read_at, write_at
from imgkernels.streams.flat import Flat
from imgkernels.streams.opened import Opened, facts_of
from imgkernels.streams.planes import Plane
from imgkernels.tiles import Source
from imgkernels.values import SUPPORTED

_HEAD = 1 << 14  # bytes: NumPy reads no header of more than 10,000


def opened(file: FileIO, wanted: Wanted) -> Opened:
    """Open an array; its header is checked against the length of the file."""
    length = os.fstat(file.fileno()).st_size
    shape, fortran, dtype, start = header(bytes(read_at(file, 0, min(length, _HEAD))))
    if dtype.name not in SUPPORTED:
        raise FileProblem(f"holds {dtype.name}; streamed are {', '.join(SUPPORTED)}")
    source: Source = Flat(file, start, shape, dtype, fortran)
    if start + math.prod(shape) * dtype.itemsize > length:
        raise FileProblem("is truncated: values are missing")
    planes = wanted.volume or wanted.frame is not None
    axes = "zyx" if len(shape) == 3 and planes else usual_axes(len(shape))
    space = shape[: len(axes.rstrip("c"))]
    wanted.admit(math.prod(space[-1:]), math.prod(space[-2:-1]), math.prod(space[:-2]))
    if wanted.frame is not None and axes.startswith("z"):
        source, axes = Plane(source, wanted.one_of(shape[0], "planes")), axes[1:]
    elif wanted.frame is not None:
        wanted.one_of(1, "planes")
    return Opened(source, facts_of(source.shape, source.dtype, axes))


def sink(file: FileIO, image: Image) -> Flat:
    """Begin a file for pixels like these, which are not looked at; the file has its whole size."""
    x, head = image.pixels, BytesIO()
    told = {"descr": np.lib.format.dtype_to_descr(x.dtype), "fortran_order": False}
    np.lib.format.write_array_header_1_0(head, told | {"shape": x.shape})
    flat = Flat(file, head.tell(), x.shape, x.dtype)
    file.truncate(flat.end)
    write_at(file, 0, head.getvalue())
    return flat
