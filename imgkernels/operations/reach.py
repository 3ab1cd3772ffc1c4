"""How far an operation looks: what tiles must read around them."""

from __future__ import annotations

from collections.abc import Iterable

from imgkernels.kernel import Kernel

Reach = tuple[tuple[int, int], ...]


def reach_of(kernel: Kernel) -> Reach:
    """Return how far a kernel's window reaches before and after its anchor on each axis.

    >>> reach_of(Kernel([[1.0, 1.0, 1.0, 1.0]]))
    ((0, 0), (2, 1))
    """
    return tuple((a, n - 1 - a) for a, n in zip(kernel.anchor, kernel.shape, strict=True))


def around(radii: Iterable[int]) -> Reach:
    """Return the reach of a window that goes as far before a pixel as after it."""
    return tuple((n, n) for n in radii)


def widest(reaches: Iterable[Reach | None]) -> Reach | None:
    """Return the reach of operations side by side, one at least; None where one has none."""
    found = list(reaches)
    if None in found:
        return None
    axes = zip(*(reach for reach in found if reach is not None), strict=True)
    return tuple((max(b for b, _ in ends), max(a for _, a in ends)) for ends in axes)


def added(reaches: Iterable[Reach | None], ndim: int) -> Reach | None:
    """Return the reach of operations in order; None where one has none."""
    total: Reach = ((0, 0),) * ndim
    for reach in reaches:
        if reach is None:
            return None
        total = tuple((b + c, a + d) for (b, a), (c, d) in zip(total, reach, strict=True))
    return total
