"""What rounding does to the taps, seen by rounding once more.

Where taps are fractions with a small divisor, the error of rounding is a function of the window
and does not average out; the residuals do not show it, because least squares fits it. So the fit
is applied, rounded as the picture was, and fitted again: as far as it moves, it may have moved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from imgkernels.analysis.design.solve import Solution
from imgkernels.engine import correlate
from imgkernels.kernel import Kernel
from imgkernels.values import Array

MOST_TAPS = 49  # in larger windows roundings differ, and fitting again would double the cost
_TWICE, _MOST = 2.0, 2.5  # times the move is added, at most so many times what is stated anyway

Answer = Callable[[Array, Array], Array]


def echoed(
    found: Solution, limits: tuple[float, float], again: Callable[[Answer], Solution]
) -> Solution:
    """Return the same solution, less sure of the taps that rounding once more moves.

    `again` fits what an answer makes of the picture before, in place of the picture after.
    """
    kernel = Kernel(found.taps)

    def rounded(x: Array, y: Array) -> Array:
        answer = correlate(x, kernel, extent="valid", dtype="float64") + found.offset
        levels: Array = np.rint(answer).clip(*limits)
        return levels

    moved = np.abs(again(rounded).taps - found.taps)
    wider = np.minimum(_TWICE * moved, _MOST * found.confidence)
    return replace(found, deviation=found.deviation * (1 + wider / (found.confidence + 1e-300)))
