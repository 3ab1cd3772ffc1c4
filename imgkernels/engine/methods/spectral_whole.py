"""Kernels that no quicker transform takes: the whole image at once, through scipy.fft."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from imgkernels.engine.methods.method import extended, strided
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats


def run(problem: Problem, x: Array) -> Floats:
    """Compute `(N, *space, C)` in float64, one plane at a time, as transforms are large."""
    from scipy import fft

    assert problem.kernel is not None
    whole = extended(problem, x)
    sizes = [fft.next_fast_len(n, real=True) for n in whole.shape[1:-1]]
    response = _response(problem.kernel, sizes)
    cut = tuple(slice(0, n) for n in problem.dense_space)
    y = np.empty((x.shape[0], *problem.dense_space, x.shape[-1]), problem.compute)
    for n, c in np.ndindex(x.shape[0], x.shape[-1]):
        spectrum = fft.rfftn(whole[n, ..., c].astype(np.float64), sizes)
        spectrum *= response
        y[n, ..., c] = fft.irfftn(spectrum, sizes)[cut]
    return strided(problem, y)


def values(problem: Problem) -> int:
    """Return the number of values transformed."""
    sizes = [n + sum(m) for n, m in zip(problem.space, problem.margins, strict=True)]
    return math.prod(sizes) * problem.shape[0] * problem.channels


def _response(kernel: Kernel, sizes: list[int]) -> npt.NDArray[np.complex128]:
    """Return the taps' conjugate transform, laid from the origin: correlation, not convolution."""
    from scipy import fft

    response: npt.NDArray[np.complex128] = np.conj(fft.rfftn(kernel.taps, sizes))
    return response
