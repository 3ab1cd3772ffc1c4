"""What looks like a mistake in a kernel that somebody wrote, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imgkernels.examination import Examination
from imgkernels.kernel import Kernel
from imgkernels.symmetry import Turn, symmetric, turns, unlike

_SHARE = 0.002  # half a level of 255: a sum that is nearer to 1 does not show
_SLIP = 0.02  # relative to the largest tap: a pair of taps so nearly alike was meant to be alike
_NEARLY = 0.05  # relative to the sizes of the taps: they were meant to cancel
_FEW = 6  # taps that are not 0: with fewer, one pair that differs is no slip but the design


def doubts(found: Examination) -> tuple[str, ...]:
    """Return what looks like a mistake in a kernel, worst first; nothing for most.

    >>> from imgkernels.examination import examine
    >>> doubts(examine(Kernel([[0.25, 0.5, 0.23]])))[0]
    'sum 0.98: darkens the picture by 2 %'
    """
    if found.norm == 0:
        return ("every tap is 0: the answer is black",)
    rules = (surprises, _order, _slips, _empty_edge, _place, _sign, _gain)
    return tuple(text for rule in rules for text in rule(found))


def surprises(found: Examination) -> Iterator[str]:
    """Say where a picture surely surprises: a sum that is neither 0 nor 1."""
    total = found.sum
    if found.order > 0 or 1 - _SHARE <= total <= 1 + _SHARE:
        return
    if found.low < 0 < found.high and abs(total) < _NEARLY * (found.high - found.low):
        yield f"sum {total:.4g}: nearly 0, but flat areas do not turn black"
    elif total < 0:
        yield f"sum {total:g}: negative, so a picture turns black where nothing goes below 0"
    else:
        verb = "darkens" if total < 1 else "brightens"
        yield f"sum {total:.6g}: {verb} the picture {_by_how_much(total)}{_hint(found)}"


def _by_how_much(total: float) -> str:
    if 0.5 <= total <= 1.5:
        return f"by {abs(total - 1) * 100:.2g} %"
    return f"{total:.3g} times"


def _hint(found: Examination) -> str:
    taps = found.kernel.taps
    whole = bool((taps == np.rint(taps)).all())
    return "; --normalize divides by the sum" if whole and found.sum > 1.5 else ""


def _sign(found: Examination) -> Iterator[str]:
    if found.order == 2 and found.gain < 0:
        yield "the middle is positive: minus a Laplacian, so peaks answer above 0"


def _order(found: Examination) -> Iterator[str]:
    if found.order > 4:
        yield "sum 0 and every moment up to degree 4 is 0: not a derivative of any order below 5"
    elif found.order > 2:
        first = next(powers for powers in found.moments if sum(powers) == found.order)
        yield (
            f"order {found.order}: sum 0, and no moment below degree {found.order} "
            f"(first {first}): neither a gradient nor a Laplacian"
        )


def _gain(found: Examination) -> Iterator[str]:
    if found.order in (1, 2) and abs(abs(found.gain) - 1) > 1e-9:
        what = {1: "a slope of 1 per pixel", 2: "a second derivative of 1"}[found.order]
        yield f"gain {found.gain:.6g}: {what} answers {found.gain:.6g}; divided by it, the true one"


def _place(found: Examination) -> Iterator[str]:
    kernel = found.kernel
    names = "zyx"[-kernel.ndim :]
    even = [name for name, n in zip(names, kernel.shape, strict=True) if n % 2 == 0]
    off = [(name, c) for name, c in zip(names, found.centre, strict=True) if abs(c) > 1e-9]
    if off and (found.low == 0 or even or found.order > 0):
        moved = ", ".join(f"{-c:+.3g} px along {name}" for name, c in off)
        reason = "even size" if even else "not centred on its anchor"
        yield f"{reason}: shifts the picture by {moved}"


def _slips(found: Examination) -> Iterator[str]:
    """Look for a symmetry that all taps but one pair keep: it was probably meant for all."""
    kernel = found.kernel
    if kernel.factors is not None or np.count_nonzero(kernel.taps) < _FEW:
        return
    for sign in (1, -1):
        for turn in turns(kernel.ndim):
            slip = _slip(kernel, turn, sign)
            if slip:
                yield slip
                return


def _slip(kernel: Kernel, turn: Turn, sign: int) -> str:
    if tuple(kernel.shape[a] for a in turn.axes) != kernel.shape or symmetric(kernel, turn, sign):
        return ""
    taps, turned = kernel.taps, sign * turn.of(kernel.taps)
    places = np.argwhere(unlike(taps, turned))
    apart = float(np.abs(taps - turned).max())
    peak = float(np.abs(taps).max())
    if apart <= _SLIP * peak:
        return f"asymmetric by {apart / peak:.1g} of the largest tap ({turn}): was it rounded?"
    if (
        len(places) != 2
    ):  # a lone tap is its own pair: the middle of an emboss that keeps brightness
        return ""
    here, there = (tuple(int(i) for i in place) for place in (places[0], places[-1]))
    minus = "" if sign == 1 else " and differ in sign"
    return (
        f"all taps but one pair keep the symmetry ({turn}): {taps[here]:g} at {here} and "
        f"{taps[there]:g} at {there} should be alike{minus}; was one typed in wrongly?"
    )


def _empty_edge(found: Examination) -> Iterator[str]:
    taps = found.kernel.taps
    for axis, name in enumerate("zyx"[-taps.ndim :]):
        ends = [np.take(taps, place, axis) for place in (0, -1)]
        if taps.shape[axis] > 2 and sum(not end.any() for end in ends) == 1:
            yield f"an empty edge on one side along {name}: is a row missing?"
