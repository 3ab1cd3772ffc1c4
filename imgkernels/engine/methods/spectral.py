"""A product in the frequency domain, through scipy.fft."""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
import numpy.typing as npt

from imgkernels.engine.methods.method import extended, one_kernel, strided
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats


class Spectral:
    """Fourier transform, product, transform back: the window's size costs nothing."""

    name = "spectral"
    summary = "a product of Fourier transforms (scipy.fft)"

    def missing(self) -> str | None:
        return None

    def obstacle(self, problem: Problem) -> str | None:
        return one_kernel(problem)

    def cost(self, problem: Problem) -> float:
        sizes = [n + sum(m) for n, m in zip(problem.space, problem.margins, strict=True)]
        values = math.prod(sizes) * problem.shape[0] * problem.channels
        return 3e-4 + 1.7e-9 * values * math.log2(max(math.prod(sizes), 2))

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        from scipy import fft

        assert problem.kernel is not None
        # Always in float64: in float32 the rounding of the transform spreads over the image, up to
        # parts of a level on a 16-bit scale. And one plane at a time, as transforms are large.
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


def _response(kernel: Kernel, sizes: list[int]) -> npt.NDArray[np.complex128]:
    """Return the taps' conjugate transform, laid from the origin: correlation, not convolution."""
    from scipy import fft

    if kernel.factors is None:
        spectrum = fft.rfftn(kernel.taps, sizes)
    else:
        *first, last = (fft.fft(row, n) for row, n in zip(kernel.factors, sizes, strict=True))
        spectrum = reduce(np.multiply.outer, [*first, last[: sizes[-1] // 2 + 1]])
    response: npt.NDArray[np.complex128] = np.conj(spectrum)
    return response
