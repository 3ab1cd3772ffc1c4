"""Whether two results are the same: the contract, or the difference that a peer is known for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.values import Array

# As the contract has it for two methods of ours.
_SHARE = {"uint8": 1e-3, "uint16": 1e-2}
_RELATIVE = 1e-5


@dataclass(frozen=True)
class Allowance:
    """By how much a peer may differ, and why.

    `levels` are those of an integer picture, `share` the share of the values that may differ,
    `relative` the share of the largest value for floats. `edge` pixels at the edge are not
    compared.
    """

    why: str = ""
    levels: float = 1.0
    share: float | None = None
    relative: float = _RELATIVE
    edge: int = 0


@dataclass(frozen=True)
class Difference:
    """How two results differ, in words, and whether that is within what is allowed."""

    agrees: bool
    said: str


def difference(ours: Array, theirs: Array, allowed: Allowance) -> Difference:
    """Compare two results of one case."""
    if ours.shape != theirs.shape:
        return Difference(False, f"shape {theirs.shape} against {ours.shape}")
    if ours.dtype != theirs.dtype:
        return Difference(False, f"{theirs.dtype.name} against {ours.dtype.name}")
    inside = tuple(slice(allowed.edge, n - allowed.edge) for n in ours.shape[:2])
    ours, theirs = ours[inside], theirs[inside]
    if ours.dtype.kind == "f":
        return _floats(ours, theirs, allowed)
    apart = np.abs(ours.astype(np.int32) - theirs.astype(np.int32))
    most, share = int(apart.max(initial=0)), float(np.count_nonzero(apart)) / max(apart.size, 1)
    may = _SHARE[ours.dtype.name] if allowed.share is None else allowed.share
    agrees = most <= allowed.levels and share <= may
    said = f"{most} level{'s' * (most != 1)} on {share:.2%}" if most else "equal"
    return Difference(agrees, _because(said, allowed))


def _floats(ours: Array, theirs: Array, allowed: Allowance) -> Difference:
    scale = float(np.abs(ours).max(initial=0.0)) or 1.0
    off = float(np.abs(ours - theirs).max(initial=0.0)) / scale
    # Compared this way round, NaN never agrees.
    return Difference(off <= allowed.relative, _because(f"{off:.1e}" if off else "equal", allowed))


def _because(said: str, allowed: Allowance) -> str:
    return f"{said} ({allowed.why})" if allowed.why and said != "equal" else said
