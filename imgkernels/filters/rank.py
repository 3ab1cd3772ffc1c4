"""Filters that pick one of the values in a window."""

from __future__ import annotations

from typing import Annotated

from imgkernels.filters.knobs import OddWindow
from imgkernels.operations import Frame, Operation, Rank
from imgkernels.param import Param
from imgkernels.registry import Family, register


@register(Family.RANK, spacing=True)
def median(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The middle value of the window: takes specks away and keeps edges."""
    return Rank.median(frame.odd_window(size), frame.ndim)


@register(Family.RANK, aliases=("erode",), spacing=True)
def minimum(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The lowest value of the window: dark areas grow."""
    return Rank.share(0, frame.odd_window(size), frame.ndim)


@register(Family.RANK, aliases=("dilate",), spacing=True)
def maximum(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The highest value of the window: bright areas grow."""
    return Rank.share(1, frame.odd_window(size), frame.ndim)


@register(Family.RANK, spacing=True)
def percentile(
    percent: Annotated[float, Param("share of the window below", unit="%", least=0, most=100)] = 50,
    size: OddWindow = 3,
    *,
    frame: Frame,
) -> Operation:
    """The value that a given share of the window lies below."""
    return Rank.share(percent / 100, frame.odd_window(size), frame.ndim)
