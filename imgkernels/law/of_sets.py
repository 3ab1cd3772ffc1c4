"""Laws of several kernels together: turned copies of one another, an orthonormal basis."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.law.law import Case, Law
from imgkernels.symmetry import Turn, unlike
from imgkernels.taps import Taps

# The eight cells around the middle of a 3 x 3 mask, counter-clockwise as seen.
_RING = ((1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (2, 0), (2, 1), (2, 2))


def turned_rings() -> Law:
    """Claim that each 3 x 3 mask is the one before, its ring turned left by 45 degrees."""

    def broken(case: Case) -> str:
        kernels = case.kernels
        if any(kernel.shape != (3, 3) for kernel in kernels):
            return "a mask is not 3 x 3"
        for n, (before, mask) in enumerate(pairwise(kernels), start=2):
            if not np.array_equal(_ring(mask), np.roll(_ring(before), 1)):
                return f"mask {n} is not mask {n - 1} turned"
        return "" if len({k.taps[1, 1] for k in kernels}) == 1 else "the middles differ"

    return Law("each mask is the one before, turned left by 45 degrees", broken)


def points(step: float) -> Law:
    """Claim where the masks point: the first to the right, each next one `step` degrees left."""

    def broken(case: Case) -> str:
        for n, kernel in enumerate(case.kernels):
            along_y, along_x = kernel.moment(1, 0), kernel.moment(0, 1)
            angle = np.degrees(np.arctan2(-along_y, along_x))
            if abs((angle - n * step + 180) % 360 - 180) > 1e-9:
                return f"mask {n + 1} points to {angle % 360:.6g} degrees"
        return ""

    return Law(f"mask 1 answers to the right, each next one {step:g} degrees further left", broken)


def same_along_each_axis() -> Law:
    """Claim that each kernel is the last one (along x) with its own axis and x exchanged."""

    def broken(case: Case) -> str:
        *others, last = case.kernels
        if len(others) + 1 != last.ndim:
            return f"{len(others) + 1} kernels for {last.ndim} axes"
        for axis, kernel in enumerate(others):
            order = list(range(last.ndim))
            order[axis], order[-1] = order[-1], order[axis]
            due = Turn(tuple(order), (False,) * last.ndim).of(last.taps)
            anchor = tuple(last.anchor[a] for a in order)
            if (kernel.shape, kernel.anchor) != (due.shape, anchor) or unlike(
                kernel.taps, due
            ).any():
                return f"kernel {axis + 1} is another"
        return ""

    return Law("the same kernel along each axis", broken)


def turned_quarter() -> Law:
    """Claim that the second kernel is the first, turned right by 90 degrees."""

    def broken(case: Case) -> str:
        first, second = case.kernels
        due = np.rot90(first.taps, -1)
        same = second.shape == due.shape and first.anchor == second.anchor
        alike = same and not unlike(second.taps, due).any()
        return "" if alike else "it is another"

    return Law("kernel 2 is kernel 1 turned right by 90 degrees", broken)


def alternate(first: Law, second: Law) -> Law:
    """Claim one law of the kernels 1, 3, 5, ... and another of the kernels 2, 4, 6, ..."""

    def broken(case: Case) -> str:
        halves = [replace(case, kernels=case.kernels[n::2]) for n in (0, 1)]
        return first.broken(halves[0]) or second.broken(halves[1])

    return Law(f"of each pair, one: {first.words}; the other: {second.words}", broken)


def orthonormal() -> Law:
    """Claim that the kernels are at right angles to each other, all of norm 1."""

    def broken(case: Case) -> str:
        if len({kernel.shape for kernel in case.kernels}) > 1:
            return "they are not of one size"
        rows = np.stack([kernel.taps.ravel() for kernel in case.kernels])
        apart = np.abs(rows @ rows.T - np.eye(len(rows)))
        first, second = np.unravel_index(int(apart.argmax()), apart.shape)
        wrong = f"kernels {first + 1} and {second + 1} are off by {apart.max():.3g}"
        return wrong if apart.max() > 1e-12 else ""

    return Law("at right angles to each other, each of norm 1", broken)


def _ring(mask: Kernel) -> Taps:
    return np.array([mask.taps[place] for place in _RING])
