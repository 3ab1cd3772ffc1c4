"""A picture that was opened and not read: where its pixels come from, and all else about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.image import Image, Metadata
from imgkernels.tiles import Source
from imgkernels.values import white_of


@dataclass(frozen=True)
class Opened:
    """A source, and a picture of its shape, dtype, axes, white, alpha and metadata.

    The pixels of `facts` are one value seen everywhere: they take no memory, and mean nothing.
    """

    source: Source
    facts: Image


def facts_of(
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    axes: str,
    *,
    white: float | None = None,
    alpha: bool = False,
    metadata: Metadata | None = None,
) -> Image:
    """Return a picture of a shape without its pixels."""
    nothing = np.broadcast_to(np.zeros((), dtype), shape)
    shown = white_of(dtype) if white is None else white
    return Image(nothing, axes, shown, alpha, Metadata() if metadata is None else metadata)
