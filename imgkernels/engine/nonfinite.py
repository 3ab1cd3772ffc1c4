"""NaN and infinity: they reach exactly the pixels whose window holds them, by every method.

Running sums smear a NaN along the row, transforms over the whole image. So methods see finite
numbers only, and what the others would have done is found here, from where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from imgkernels.engine.methods import METHODS, Compiling
from imgkernels.engine.methods.method import all_finite
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats

Mask = npt.NDArray[np.bool_]


def guarded(problem: Problem, x: Array, run: Callable[[Array], Floats]) -> Floats:
    """Run on `x` with what is not finite taken out, then put its effect in."""
    if x.dtype.kind != "f" or all_finite(x):
        return run(x)
    finite = np.isfinite(x)
    y = run(np.where(finite, x, x.dtype.type(0)))
    assert problem.kernel is not None
    taps, present = problem.kernel.taps, np.zeros(problem.window, bool)
    present[tuple(slice(None, None, step) for step in problem.holes)] = True
    plus, minus, nan = np.isposinf(x), np.isneginf(x), np.isnan(x)
    up = _touched(problem, plus, taps > 0) | _touched(problem, minus, taps < 0)
    down = _touched(problem, plus, taps < 0) | _touched(problem, minus, taps > 0)
    undefined = _touched(problem, nan, present)
    undefined |= _touched(problem, plus | minus, present & (taps == 0)) | (up & down)
    y[up] = np.inf
    y[down] = -np.inf
    y[undefined] = np.nan
    return y


def _touched(problem: Problem, where: Mask, support: Mask) -> Mask:
    """Tell which outputs have a marked input under a tap of the support."""
    if not where.any() or not support.any():
        return np.zeros(problem.out_shape, bool)
    kernel = Kernel(support.astype(np.float64), problem.anchor)
    # Marks are counts: exact in float32, whatever the dtype of the image.
    marks = replace(problem, dtype=np.dtype(np.uint8), kernel=kernel, border_value=0.0)
    ready = [m for m in METHODS if m.missing() is None and not isinstance(m, Compiling)]
    able = [m for m in ready if m.obstacle(marks) is None]
    cheapest = min(able, key=lambda m: m.cost(marks))
    touched: Mask = cheapest.run(marks, where.astype(np.uint8), None) > 0.5
    return touched
