"""Kernels broken on purpose: a coefficient, a sign, the axes, the place."""

import os
from dataclasses import replace

import numpy as np

from imgkernels.kernel import EXACT, Kernel
from imgkernels.symmetry import unlike

SAMPLE = int(os.environ.get("IMGKERNELS_MUTANTS", "60"))  # of one kernel, evenly spaced


def broken_taps(kernel, factor, most=SAMPLE):
    """The kernel with one coefficient multiplied, for each that is more than rounding."""
    places = np.flatnonzero(np.abs(kernel.taps) > EXACT * np.abs(kernel.taps).max())
    for place in places[:: max(1, -(-len(places) // most))]:
        taps = kernel.taps.copy()
        taps.flat[place] *= factor
        yield Kernel(taps, kernel.anchor)


def transposed(kernel):
    """The kernel with its axes exchanged, if that makes another one."""
    axes = tuple(reversed(range(kernel.ndim)))
    other = Kernel(kernel.taps.transpose(axes), [kernel.anchor[a] for a in axes])
    alike = other.shape == kernel.shape and not unlike(other.taps, kernel.taps).any()
    if kernel.ndim > 1 and not alike:
        yield other


def shifted(kernel):
    """The kernel moved by one tap along each axis, its anchor left where it was."""
    for axis in range(kernel.ndim):
        margin = [(1, 0) if a == axis else (0, 0) for a in range(kernel.ndim)]
        yield Kernel(np.pad(kernel.taps, margin), kernel.anchor)


def negated(kernel):
    yield -kernel


def cases(case, mutate):
    """The case with one of its kernels exchanged for each of its mutants."""
    for n, kernel in enumerate(case.kernels):
        for mutant in mutate(kernel):
            others = case.kernels[:n], case.kernels[n + 1 :]
            yield replace(case, kernels=(*others[0], mutant, *others[1]))


def caught(laws, case):
    """Whether one of the laws is broken."""
    return any(law.broken(case) for law in laws)
