"""An audit in words; every number in them is one of its fields."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imgkernels.analysis.audit.borders import BorderAudit
from imgkernels.analysis.audit.fuse import FREQUENCIES, Fusion
from imgkernels.analysis.audit.interval import Interval

if TYPE_CHECKING:
    from imgkernels.analysis.audit.verb import Audit

_PROOFS = {"exact": "reached by some picture", "bound": "exceeded by none", "unknown": "not known"}


def told(audit: Audit) -> str:
    """Return the whole audit as lines of text."""
    lines = [f"{audit.dtype} from {span(audit.given)}, white {audit.white:g}"]
    for position, step in enumerate(audit.steps, start=1):
        lines += [
            f"step {position}: {step.step}",
            f"  can be {span(step.interval)} ({_PROOFS[step.interval.proof]})",
            f"  is {step.low:.6g} to {step.high:.6g} here; {step.outside:.2%} of the values lie "
            f"outside black to white",
        ]
    lines += [*_clipping(audit), "", *_borders(audit), *_fusing(audit)]
    return "\n".join(lines)


def span(interval: Interval) -> str:
    """Return an interval as "low to high"."""
    return f"{interval.low:.6g} to {interval.high:.6g}"


def _clipping(audit: Audit) -> Iterator[str]:
    share = audit.below + audit.above
    if audit.range is None and audit.dtype.startswith("float"):
        yield "at the end: nothing is cut, floats keep their values"
        return
    how = f"range {audit.range}" if audit.range is not None else f"the ends of {audit.dtype}"
    yield (
        f"at the end, {how}: {share:.2%} of the values clip "
        f"({audit.below:.2%} below, {audit.above:.2%} above), in "
        f"{int(audit.clipped.sum())} of {audit.clipped.size} pixels"
    )
    last, rounding = audit.steps[-1].interval, 1e-9 * audit.white
    if share == 0 and audit.range == "clip" and last.within(-rounding, audit.white + rounding):
        yield "  and none can, whatever the picture"


def _borders(audit: Audit) -> Iterator[str]:
    found = audit.borders
    share = found.touched / found.pixels
    if found.touched == 0:
        yield "border: no pixel depends on it"
        return
    yield (
        f"border: {found.touched} of {found.pixels} pixels ({share:.2%}) depend on it: "
        f"{_region(found)}"
    )
    for mode in found.modes:
        chosen = " (chosen)" if mode.border is audit.border else ""
        missed = f", misses the truth by {mode.missed:.3g}" if math.isfinite(mode.missed) else ""
        yield (
            f"  {mode.border + chosen:<20} differs by {mode.mean:.3g} in the mean, "
            f"{mode.largest:.3g} at most{missed}"
        )
    yield f"  {_advice(found)}"


def _region(found: BorderAudit) -> str:
    if found.everywhere:
        return "a step carries it any distance"
    names = "zyx"[-len(found.reach) :]
    ends = [
        f"{low} and {high} px along {n}" for n, (low, high) in zip(names, found.reach, strict=True)
    ]
    return "from either end " + ", ".join(reversed(ends))


def _advice(found: BorderAudit) -> str:
    if found.advised is None:
        return "no border is advised: the picture is too small to cut and compare with itself"
    best = next(mode for mode in found.modes if mode.border is found.advised)
    return (
        f"{found.advised} is advised: with the picture cut smaller, so that what lies beyond the "
        f"edge is known, it misses that by {best.missed:.3g}, the least of the five"
    )


def _fusing(audit: Audit) -> Iterator[str]:
    for fusion in audit.fusions:
        yield ""
        yield from _fusion(fusion, audit.white)
    for gap in audit.breaks:
        yield f"steps {gap.first} and {gap.last} cannot be one kernel: {gap.reason}"


def _fusion(fusion: Fusion, white: float) -> Iterator[str]:
    shape = " x ".join(map(str, fusion.kernel.shape))
    offset = f" and an offset of {fusion.offset:.4g} of white" if fusion.offset else ""
    yield f"steps {fusion.first} to {fusion.last} are one kernel of {shape}{offset}"
    yield f"  {'cycles per px':<14}" + "".join(f"{f:>9.4g}" for f in FREQUENCIES)
    names = "zyx"[-fusion.kernel.ndim :]
    for axis, row in reversed(list(zip(names, fusion.response, strict=True))):
        yield f"  gain along {axis:<3}" + "".join(f"{gain:>9.4g}" for gain in row)
    edge = (
        f"by up to {fusion.near_edge:.3g} near the edge, where each step has its own border"
        if fusion.near_edge > 2 * fusion.inside + 1e-6 * white
        else f"by {fusion.near_edge:.2g} near the edge"
    )
    yield f"  it differs from the steps by {fusion.inside:.2g} inside (rounding), and {edge}"
    yield f"  with rounding and cutting between the steps, up to {fusion.rounded:.3g} would change"
