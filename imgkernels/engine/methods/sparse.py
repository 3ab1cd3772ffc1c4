"""Kernels that are mostly zeros: the image, shifted, times each tap that is not; any axes."""

from __future__ import annotations

import math

import numpy as np

from imgkernels import opencv
from imgkernels.engine.methods.method import extended, one_kernel, samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

# Seconds a call costs, a value whatever the taps, and a value for each tap, in float32.
_CALL, _VALUE, _TAP = 1e-4, 2.2e-9, 0.13e-9
_SLOWER = 3.0  # without OpenCV
_CHUNK = 1 << 15  # values added up at a time, which stay in cache
_MOST = 200  # taps that are not 0


class Sparse:
    """A line, a cross, a ring, a kernel with holes: zeros cost nothing."""

    name = "sparse"
    summary = "shifted images added up, for taps that are not 0"

    def missing(self) -> str | None:
        return None

    def obstacle(self, problem: Problem) -> str | None:
        reason = one_kernel(problem)
        if reason is None and (taps := _count(problem)) > _MOST:
            return f"{taps} taps are not 0, more than {_MOST}"
        return reason

    def cost(self, problem: Problem) -> float:
        each = _TAP * (1 if opencv.load() is not None else _SLOWER) * _count(problem)
        return _CALL + (_VALUE + each) * problem.compute.itemsize / 4 * samples(problem)

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        assert problem.kernel is not None
        whole = extended(problem, x).astype(problem.compute, copy=False)
        row, out = np.ascontiguousarray(whole).reshape(-1), np.zeros(whole.size, problem.compute)
        along = [math.prod(whole.shape[axis + 1 :]) for axis in range(1, problem.ndim + 1)]
        taps = [
            (sum(int(n) * step for n, step in zip(at, along, strict=True)), float(tap))
            for at, tap in np.ndenumerate(problem.kernel.taps)
            if tap != 0
        ]
        last = sum((n - 1) * step for n, step in zip(problem.window, along, strict=True))
        # The image is read as one row. Windows that leave its rows at the end are cut away.
        for start in range(0, whole.size - last, _CHUNK):
            target = out[start : min(start + _CHUNK, whole.size - last)]
            for shift, tap in taps:
                _add(target, row[start + shift : start + shift + target.size], tap)
        corner = tuple(slice(0, n) for n in problem.dense_space)
        return np.ascontiguousarray(strided(problem, out.reshape(whole.shape)[:, *corner]))


def _count(problem: Problem) -> int:
    assert problem.kernel is not None
    if problem.kernel.factors is not None:
        return math.prod(int(np.count_nonzero(row)) for row in problem.kernel.factors)
    return int(np.count_nonzero(problem.kernel.taps))


def _add(target: Floats, part: Floats, tap: float) -> None:
    cv2 = opencv.load()
    if cv2 is None:
        target += part * target.dtype.type(tap)
    else:
        cv2.scaleAdd(part[np.newaxis], tap, target[np.newaxis], target[np.newaxis])
