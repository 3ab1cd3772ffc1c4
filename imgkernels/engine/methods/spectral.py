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
        # parts of a level on a 16-bit scale.
        whole = extended(problem, x).astype(np.float64)
        axes = tuple(range(1, problem.ndim + 1))
        sizes = [fft.next_fast_len(whole.shape[axis], real=True) for axis in axes]
        spectrum = fft.rfftn(whole, sizes, axes=axes)
        spectrum *= _response(problem.kernel, sizes)[np.newaxis, ..., np.newaxis]
        y = fft.irfftn(spectrum, sizes, axes=axes)
        cut = (slice(None), *(slice(0, n) for n in problem.dense_space))
        return strided(problem, y[cut]).astype(problem.compute)


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
