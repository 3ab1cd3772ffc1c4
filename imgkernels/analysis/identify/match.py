"""The known kernels nearest to a kernel, under scale, sign, shift, and rotation by any angle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imgkernels.analysis.identify.bank import bank
from imgkernels.analysis.identify.chance import chance_of
from imgkernels.analysis.identify.lay import (
    AS_IT_IS,
    FLOOR,
    NEAREST,
    REMADE,
    RESAMPLED,
    STEERED,
    Match,
    Query,
    laid,
)
from imgkernels.analysis.identify.search import searched
from imgkernels.kernel import Kernel

_FREE = {STEERED: 2, RESAMPLED: 2, REMADE: 3}  # values that are chosen, the scale among them


def matches(kernel: Kernel, *, search: bool = True) -> tuple[Match, ...]:
    """Return the nearest known kernels, one for each filter, nearest first.

    Without `search` only what the bank holds, steered to any angle: a millisecond instead of a
    second for wide kernels.
    """
    query = Query(kernel)
    if query.norm == 0:
        return ()
    found: list[Match] = []
    tried = 0
    for shape, group in bank(kernel.ndim).items():
        if query.holds(shape):
            near, places = laid(query, group)
            found += near
            tried += places * (int(group.alike.max()) + 1)
    found = _nearest(found)
    found = _nearest([*found, *searched(query, found)]) if search else found
    return tuple(
        replace(
            match,
            chance=chance_of(
                match.residual, query.taps.size, _FREE.get(match.how, 1), max(1, tried)
            ),
        )
        for match in found
    )


def _nearest(found: Sequence[Match]) -> list[Match]:
    """Return the best of each filter, without those that are said to be the same already."""
    kept: dict[str, Match] = {}
    named: set[str] = set()
    ranked = sorted(found, key=lambda match: match.weighted)
    for match in ranked:
        # What is the same turned, as sobel-y is sobel-x, is no second name.
        again = match.how != AS_IT_IS and abs(match.residual - ranked[0].residual) < FLOOR
        if match.known.filter not in named and not (named and again):
            kept[match.known.filter] = match
            named |= {match.known.filter, *match.also}
    return list(kept.values())[:NEAREST]
