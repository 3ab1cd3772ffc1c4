"""Laws of a kernel's shape: its symmetry, its rows, its rank, how wide it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.kernels.rules import axis_index
from imgkernels.law.law import Law, every
from imgkernels.symmetry import Turn, mirror, symmetric, turns, unlike
from imgkernels.taps import Taps


def isotropic() -> Law:
    """Claim that no mirror and no quarter turn about the anchor changes the kernel."""
    return every("no mirror and no quarter turn changes it", lambda k: _kept(k, turns(k.ndim)))


def even() -> Law:
    """Claim that no mirror along an axis changes the kernel."""

    def broken(kernel: Kernel) -> str:
        return _kept(kernel, [mirror(axis, kernel.ndim) for axis in range(kernel.ndim)])

    return every("no mirror along an axis changes it", broken)


def parity(orders: Sequence[int]) -> Law:
    """Claim that mirrors along the axes of odd order change the sign, and the others nothing."""
    names = "zyx"[-len(orders) :]
    signs = [-1 if order % 2 else 1 for order in orders]
    words = ", ".join(
        f"{'odd' if s < 0 else 'even'} along {n}" for s, n in zip(signs, names, strict=True)
    )

    def broken(kernel: Kernel) -> str:
        found = (_kept(kernel, [mirror(a, kernel.ndim)], sign) for a, sign in enumerate(signs))
        return next(filter(None, found), "")

    return every(words, broken)


def odd(axis: str) -> Law:
    """Claim that the mirror along an axis turns it into its negative, and others change nothing."""

    def broken(kernel: Kernel) -> str:
        along = axis_index(axis, kernel.ndim, "law")
        others = [mirror(a, kernel.ndim) for a in range(kernel.ndim) if a != along]
        return _kept(kernel, [mirror(along, kernel.ndim)], -1) or _kept(kernel, others)

    return every(f"odd along {axis}, even along the other axes", broken)


def half_turn(sign: int = 1) -> Law:
    """Claim that half a turn (the mirror of all axes) gives the kernel, or its negative."""
    becomes = "does not change it" if sign == 1 else "turns it into its negative"

    def broken(kernel: Kernel) -> str:
        turn = Turn(tuple(range(kernel.ndim)), (True,) * kernel.ndim)
        return _kept(kernel, [turn], sign)

    return every(f"half a turn {becomes}", broken)


def diagonal(sign: int = 1) -> Law:
    """Claim that exchanging the axes gives the kernel, or its negative."""
    becomes = "does not change it" if sign == 1 else "turns it into its negative"

    def broken(kernel: Kernel) -> str:
        turn = Turn(tuple(reversed(range(kernel.ndim))), (False,) * kernel.ndim)
        return _kept(kernel, [turn], sign)

    return every(f"exchanging the axes {becomes}", broken)


def rank(value: int) -> Law:
    """Claim of how many separable kernels it is the sum of."""

    def broken(kernel: Kernel) -> str:
        return "" if kernel.rank == value else f"rank {kernel.rank}"

    return every("is separable" if value == 1 else f"has rank {value}", broken)


def rows(along: Sequence[float], across: Sequence[float], axis: str) -> Law:
    """Claim that it is one row along an axis times another along all others, up to a scale."""
    words = f"is ({_listed(along)}) along {axis}, ({_listed(across)}) across, times a number"

    def broken(kernel: Kernel) -> str:
        if kernel.factors is None:
            return "not separable"
        here = axis_index(axis, kernel.ndim, "law")
        due = [along if a == here else across for a in range(kernel.ndim)]
        pairs = zip(kernel.factors, due, strict=True)
        wrong = [_listed(row) for row, wanted in pairs if not _multiple(row, np.asarray(wanted))]
        return f"a row is ({wrong[0]})" if wrong else ""

    return every(words, broken)


def matrix(rows_: Sequence[Sequence[float]], times: float = 1.0) -> Law:
    """Claim every tap, where the source defines the kernel by its matrix."""
    scale = "" if times == 1 else f", times {times:.6g}"
    words = f"is {'; '.join(' '.join(f'{tap:g}' for tap in row) for row in rows_)}{scale}"

    def broken(kernel: Kernel) -> str:
        due = times * np.asarray(rows_, np.float64)
        if kernel.shape != due.shape:
            return f"{kernel.shape}, not {due.shape} taps"
        wrong = np.argwhere(unlike(kernel.taps, due))
        return (
            f"{kernel.taps[tuple(wrong[0])]:.9g} at {tuple(wrong[0].tolist())}"
            if wrong.size
            else ""
        )

    return every(words, broken)


def positive() -> Law:
    """Claim that no tap is below 0: the answer never leaves the range of its window."""

    def broken(kernel: Kernel) -> str:
        least = min(float(part.min()) for part in kernel.factors or (kernel.taps,))
        return "" if least >= 0 else f"a tap is {least:g}"

    return every("has no tap below 0", broken)


def one_tap() -> Law:
    """Claim a window of a single tap."""
    return every("looks at the pixel alone", lambda k: "" if k.size == 1 else f"{k.size} taps")


def even_taps(value: float | None = None) -> Law:
    """Claim that all taps that are not 0 are alike, and which number they are."""
    words = (
        "all taps that are not 0 are alike" if value is None else f"every tap is 0 or {value:.6g}"
    )

    def broken(kernel: Kernel) -> str:
        taps = kernel.taps[kernel.taps != 0]
        due = float(taps.max()) if value is None else value
        wrong = taps[np.abs(taps - due) > 1e-12 * abs(due)]
        return f"a tap is {wrong[0]:.9g}" if wrong.size else ""

    return every(words, broken)


def given_taps(kernel: Kernel, times: float = 1.0) -> Law:
    """Claim that the taps are those that the user wrote."""
    words = "its taps are those that were given" + ("" if times == 1 else ", divided by their sum")

    def broken(found: Kernel) -> str:
        taps, due = found.taps.ravel(), times * kernel.taps.ravel()
        wrong = np.flatnonzero(unlike(taps, due)) if taps.shape == due.shape else [0]
        return f"tap {wrong[0]} is another" if len(wrong) else ""

    return every(words, broken)


def negative_around() -> Law:
    """Claim that the middle tap is above 0 and none of the others is: it sharpens."""

    def broken(kernel: Kernel) -> str:
        others = kernel.taps.copy()
        others[kernel.anchor] = 0.0
        if kernel.taps[kernel.anchor] <= 0 or others.max() > 0:
            return f"{kernel.taps[kernel.anchor]:.4g} in the middle, {others.max():.4g} around it"
        return ""

    return every("the middle is above 0, no tap around it is", broken)


def _kept(kernel: Kernel, wanted: Sequence[Turn], sign: int = 1) -> str:
    """Return what is wrong with a symmetry about the anchor."""
    if kernel.anchor != tuple(n // 2 for n in kernel.shape):
        return f"anchored at {kernel.anchor} of {kernel.shape}"
    lost = [str(turn) for turn in wanted if not symmetric(kernel, turn, sign)]
    return f"not so: {lost[0]}" if lost else ""


def _multiple(row: Taps, due: Taps) -> bool:
    if row.shape != due.shape:
        return False
    share = float(row @ due) / float(due @ due)
    return share != 0 and not unlike(row, share * due).any()


def _listed(row: Sequence[float] | Taps) -> str:
    words = [f"{tap:.6g}" for tap in row]
    return ", ".join(words if len(words) <= 9 else [*words[:3], "...", *words[-2:]])
