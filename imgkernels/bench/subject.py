"""What is measured of ours: the picture of a case, the call a user would make, and its plan."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from imgkernels.bench.matrix import Case
from imgkernels.engine.planner import Plan
from imgkernels.engine.verbs import plan
from imgkernels.kernel import Kernel
from imgkernels.operations import Frame, Operation
from imgkernels.pipeline import Pipeline
from imgkernels.values import Array, white_of

Run = Callable[[], Array]

_TILE = 1024
REPEAT = 10_000  # rows are of warm work: what is planned is told that as many pictures will come

_STEPS = {
    "gaussian": "blur:sigma={:g}",
    "box": "box-blur:size={:g}",
    "median": "median:size={:g}",
    "gradient": "sobel",
    "minimum": "minimum:size={:g}",
    "unsharp": "unsharp:sigma={:g}",
}


def picture(case: Case) -> Array:
    """Return the picture of a case, the same one each time: even patches with noise on them."""
    return _picture(case.shape, len(case.size), case.dtype)


@functools.lru_cache(2)
def _picture(shape: tuple[int, ...], axes: int, dtype: str) -> Array:
    """Return a tile repeated, so that a large picture takes no more room than its own."""
    tile = _tile(tuple(min(n, _TILE) for n in shape), axes, dtype)
    places = [np.arange(n) % _TILE for n in shape[:2]]
    made: Array = np.ascontiguousarray(tile[np.ix_(*places)])
    made.flags.writeable = False
    return made


def _tile(shape: tuple[int, ...], axes: int, dtype: str) -> Array:
    dice = np.random.default_rng(20261124)
    coarse = dice.random([-(-n // 24) for n in shape[:axes]] + list(shape[axes:]), np.float32)
    for axis in range(axes):
        coarse = coarse.repeat(24, axis)
    patches = coarse[tuple(slice(0, n) for n in shape)]
    grain = dice.random(shape, np.float32)
    shares = np.float32(0.8) * patches + np.float32(0.2) * grain
    white = white_of(np.dtype(dtype))
    # Values are whole levels, or floats from 0 to 1.
    return (shares * np.float32(white)).astype(dtype)


@functools.lru_cache(64)
def dense_kernel(size: int) -> Kernel:
    """Return a kernel that is neither separable nor symmetric; it keeps the brightness."""
    taps = np.random.default_rng(size).random((size, size)) ** 2
    return Kernel(taps / taps.sum())


def radius(case: Case) -> int:
    """Return how far a Gaussian reaches: 3 sigma in 8 bits, 4 in others, as OpenCV's does."""
    spread = 3 if case.dtype == "uint8" else 4
    return round(case.amount * spread * 2 + 1) // 2


def ours(case: Case, x: Array) -> Run:
    """Return the call that a user would make."""
    if case.work == "dense":
        planned = _plan(case)
        return lambda: planned(x)
    pipeline, axes = pipeline_of(case), _axes(case)
    return lambda: pipeline(x, border=case.border, axes=axes, repeat=REPEAT)


def pipeline_of(case: Case) -> Pipeline:
    """Return the steps of a case that is not one kernel."""
    return Pipeline.parse(case.steps or _STEPS[case.work].format(case.amount))


def plan_of(case: Case, methods: list[str]) -> str:
    """Say by which methods a case was computed; one without sums is named by its operations."""
    if not methods:
        return " | ".join(type(one).__name__.lower() for one in _operations(case))
    return "+".join(dict.fromkeys(methods))


def kernel_of(case: Case) -> Kernel:
    """Return the first kernel of a case's first step."""
    if case.work == "dense":
        return dense_kernel(int(case.amount))
    return _operations(case)[0].kernels[0]


def _operations(case: Case) -> list[Operation]:
    frame = Frame(len(case.size), np.dtype(case.dtype), white_of(np.dtype(case.dtype)))
    return [step.operation(frame) for step in pipeline_of(case).steps]


def _plan(case: Case) -> Plan:
    kernel = dense_kernel(int(case.amount))
    return plan(case.shape, kernel, dtype=case.dtype, border=case.border, repeat=REPEAT)


def _axes(case: Case) -> str:
    return "zyx"[-len(case.size) :] + ("c" if case.channels > 1 else "")
