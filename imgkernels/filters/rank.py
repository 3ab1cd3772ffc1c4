"""Filters that pick one of the values in a window."""

from __future__ import annotations

from typing import Annotated

from imgkernels.filters.knobs import OddWindow
from imgkernels.operations import Frame, Operation, Rank
from imgkernels.param import Param
from imgkernels.registry import Family, register


@register(Family.RANK)
def median(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The middle value of the window: takes specks away and keeps edges."""
    return Rank.median(size, frame.ndim)


@register(Family.RANK, aliases=("erode",))
def minimum(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The lowest value of the window: dark areas grow."""
    return Rank.share(0, size, frame.ndim)


@register(Family.RANK, aliases=("dilate",))
def maximum(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The highest value of the window: bright areas grow."""
    return Rank.share(1, size, frame.ndim)


@register(Family.RANK)
def percentile(
    percent: Annotated[float, Param("share of the window below", unit="%", least=0, most=100)] = 50,
    size: OddWindow = 3,
    *,
    frame: Frame,
) -> Operation:
    """The value that a given share of the window lies below."""
    return Rank.share(percent / 100, size, frame.ndim)
