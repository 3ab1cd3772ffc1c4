"""Files of bare values: nothing in them says what they are, so the user does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import FileIO
from typing import Literal

import numpy as np

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files.wanted import Wanted
from imgkernels.image import usual_axes
from imgkernels.streams.flat import Flat
from imgkernels.streams.opened import Opened, facts_of
from imgkernels.values import supported_dtype

_ORDERS: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}


@dataclass(frozen=True)
class Raw:
    """What a file of bare values holds: shape, dtype with its byte order, where they start.

    >>> Raw.parse("64x512x512,uint16,big,offset=352")
    Raw(shape=(64, 512, 512), dtype=dtype('>u2'), offset=352, fortran=False)
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    offset: int = 0
    fortran: bool = False

    @classmethod
    def parse(cls, text: str) -> Raw:
        """Read SHAPE,DTYPE and any of: little, big, fortran, offset=BYTES."""
        shape, *words = (word.strip() for word in text.split(","))
        sizes = shape.lower().split("x")
        if not words or not all(n.isdecimal() and int(n) for n in sizes) or len(sizes) > 4:
            raise _wrong(text)
        try:
            dtype = np.dtype(supported_dtype(words[0], "raw"))
        except TypeError as error:
            raise _wrong(text) from error
        offset, fortran = 0, False
        for word in words[1:]:
            name, _, number = word.partition("=")
            if word in _ORDERS:
                dtype = dtype.newbyteorder(_ORDERS[word])
            elif word == "fortran":
                fortran = True
            elif name == "offset" and number.isdecimal():
                offset = int(number)
            else:
                raise _wrong(text)
        return cls(tuple(map(int, sizes)), dtype, offset, fortran)


def opened(file: FileIO, raw: Raw, wanted: Wanted, length: int) -> Opened:
    """Open bare values; 3 axes are rows, columns, channels, with `volume` planes first."""
    flat = Flat(file, raw.offset, raw.shape, raw.dtype, raw.fortran)
    if flat.end > length:
        raise FileProblem(
            f"has {length:,} bytes; --raw asks for {flat.end:,} ({raw.shape} {raw.dtype.name}"
            f" from byte {raw.offset})"
        )
    axes = "zyx" if wanted.volume and len(raw.shape) == 3 else usual_axes(len(raw.shape))
    wanted.admit(1, math.prod(raw.shape[: len(axes.rstrip("c"))]))
    return Opened(flat, facts_of(raw.shape, flat.dtype, axes))


def _wrong(text: str) -> InvalidValue:
    return InvalidValue(
        "raw: must be SHAPE,DTYPE and any of little, big, fortran, offset=BYTES,"
        f" like 64x512x512,uint16,big; got {text!r}"
    )
