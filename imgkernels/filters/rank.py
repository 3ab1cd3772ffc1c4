"""Filters that pick one of the values in a window."""

from __future__ import annotations

from typing import Annotated

from imgkernels import law
from imgkernels.entry import Family
from imgkernels.filters.knobs import OddWindow
from imgkernels.operations import Frame, Operation, Rank
from imgkernels.param import Param
from imgkernels.registry import register
from imgkernels.sources import HUANG

_OTHERS = ("OpenCV and Pillow repeat the edge whatever is asked; kornia takes black for it",)
_OLD = "Order statistics are older than computing."


def _rank(share: float, size: int) -> tuple[law.Law, ...]:
    """Claim the definition, and what follows for any tone curve that rises."""
    return (
        law.picks(share, size),
        law.commutes("a tone curve", lambda x: x**3),
        law.within(),
    )


@register(
    Family.RANK,
    spacing=True,
    sources=(HUANG,),
    formula="y = the middle value of the size ** axes values of the window",
    others=(*_OTHERS, "OpenCV's median of 16 bits and floats ends at 5 x 5"),
    laws=lambda size: (*_rank(0.5, size), law.commutes("inversion", lambda x: 1 - x)),
)
def median(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The middle value of the window: takes specks away and keeps edges."""
    return Rank.median(frame.odd_window(size), frame.ndim)


@register(
    Family.RANK,
    spacing=True,
    aliases=("erode",),
    unsourced=_OLD,
    formula="y = the least value of the window",
    others=_OTHERS,
    laws=lambda size: (*_rank(0, size), law.never_brightens()),
)
def minimum(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The lowest value of the window: dark areas grow."""
    return Rank.share(0, frame.odd_window(size), frame.ndim)


@register(
    Family.RANK,
    spacing=True,
    aliases=("dilate",),
    unsourced=_OLD,
    formula="y = the greatest value of the window",
    others=_OTHERS,
    laws=lambda size: (*_rank(1, size), law.never_darkens()),
)
def maximum(size: OddWindow = 3, *, frame: Frame) -> Operation:
    """The highest value of the window: bright areas grow."""
    return Rank.share(1, frame.odd_window(size), frame.ndim)


@register(
    Family.RANK,
    spacing=True,
    unsourced=_OLD,
    formula="y = value number floor(percent / 100 * n) of the n sorted values of the window",
    others=("scipy.ndimage.percentile_filter takes the same one; numpy.percentile interpolates",),
    laws=lambda percent, size: _rank(percent / 100, size),
)
def percentile(
    percent: Annotated[float, Param("share of the window below", unit="%", least=0, most=100)] = 50,
    size: OddWindow = 3,
    *,
    frame: Frame,
) -> Operation:
    """The value that a given share of the window lies below."""
    return Rank.share(percent / 100, frame.odd_window(size), frame.ndim)
