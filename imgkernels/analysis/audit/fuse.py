"""Linear steps in a row as one kernel: its gain at each frequency, and where it differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from imgkernels.analysis.audit.borders import added, reach_of
from imgkernels.analysis.audit.linear import Linear, linear_of
from imgkernels.engine import correlate
from imgkernels.image import Image
from imgkernels.kernel import Kernel
from imgkernels.operations import Frame
from imgkernels.run import run_steps
from imgkernels.step import Step
from imgkernels.taps import Taps
from imgkernels.values import compute_dtype, saturate

FREQUENCIES = (0.0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2)  # cycles per pixel
_MOST_TAPS = 1 << 20


@dataclass(frozen=True)
class Fusion:
    """Steps `first` to `last` (counted from 1) as one kernel and an offset (a share of white).

    `response` is the gain of the kernel at `FREQUENCIES` along each axis, `(axes, frequencies)`.
    Beside the steps on this picture: `inside` and `near_edge` are the largest differences of the
    one kernel, and `rounded` the largest one that rounding between the steps would make.
    """

    first: int
    last: int
    kernel: Kernel
    offset: float
    response: Taps
    inside: float
    near_edge: float
    rounded: float


@dataclass(frozen=True)
class Break:
    """Two steps next to each other that cannot be one kernel, and why."""

    first: int
    last: int
    reason: str


def fusions(steps: Sequence[Step], picture: Image, frame: Frame) -> tuple[Fusion, ...]:
    """Return every longest row of linear steps, with what fusing it changes on this picture.

    A picture with alpha has none: its means are weighted by alpha.
    """
    if picture.alpha:
        return ()
    parts = [linear_of(step.operation(frame), picture.ndim) for step in steps]
    found = []
    for first, last in _rows(parts):
        row = [part for part in parts[first:last] if part is not None]
        if math.prod(sum(k) for k in zip(*(p.kernel.shape for p in row), strict=True)) < _MOST_TAPS:
            before = _run(steps[:first], picture, frame)
            whole = reduce(Linear.__matmul__, row)
            found.append(_beside(whole, first, steps[first:last], before, frame))
    return tuple(found)


def breaks(steps: Sequence[Step], picture: Image, frame: Frame) -> tuple[Break, ...]:
    """Return the places between steps that no single kernel can span."""
    found = []
    for position, step in enumerate(steps[:-1]):
        pair = (step, steps[position + 1])
        bent = [str(s) for s in pair if linear_of(s.operation(frame), picture.ndim) is None]
        reason = f"{' and '.join(bent)} {'are' if len(bent) > 1 else 'is'} not linear"
        if not bent and picture.alpha:
            bent, reason = [str(step)], "colours are weighted by alpha"
        if bent:
            found.append(Break(position + 1, position + 2, reason))
    return tuple(found)


def response(kernel: Kernel) -> Taps:
    """Return the size of the kernel's frequency response at `FREQUENCIES` along each axis."""
    rows = []
    for axis in range(kernel.ndim):
        others = tuple(a for a in range(kernel.ndim) if a != axis)
        profile = kernel.taps.sum(axis=others)
        phases = np.outer(FREQUENCIES, np.arange(profile.size))
        gains = np.abs(np.exp(2j * math.pi * phases) @ profile)
        rows.append(np.where(gains > 1e-12 * np.abs(kernel.taps).sum(), gains, 0.0))
    return np.stack(rows)


def _rows(parts: Sequence[Linear | None]) -> list[tuple[int, int]]:
    """Return where runs of two or more linear steps start and end."""
    edges = [i for i, part in enumerate(parts) if part is None]
    bounds = zip([-1, *edges], [*edges, len(parts)], strict=True)
    return [(low + 1, high) for low, high in bounds if high - low > 2]


def _run(steps: Sequence[Step], picture: Image, frame: Frame) -> Image:
    if not steps:
        return picture
    return run_steps(steps, picture, frame, None, compute_dtype(picture.pixels.dtype))


def _beside(
    whole: Linear, first: int, steps: Sequence[Step], picture: Image, frame: Frame
) -> Fusion:
    """Compare the one kernel with the steps, and the steps with steps that round between."""
    due = _run(steps, picture, frame).pixels.astype(np.float64)
    got = correlate(
        picture.pixels, whole.kernel, border=frame.border, border_value=frame.border_value,
        dtype="float64",
    )  # fmt: skip
    apart = np.abs(got + whole.offset * frame.white - due)
    reach = added([reach_of(s.operation(frame), picture.ndim) for s in steps], picture.ndim)
    sizes = zip(reach, apart.shape, strict=False)
    inner = tuple(slice(low, max(low, n - high)) for (low, high), n in sizes)
    near = np.ones(apart.shape, bool)
    near[inner] = False
    rounded = picture
    for step in steps:
        answer = _run((step,), rounded, frame)
        levels = saturate(answer.pixels, frame.dtype).astype(answer.pixels.dtype)
        rounded = answer.with_pixels(levels)
    return Fusion(
        first + 1,
        first + len(steps),
        whole.kernel,
        whole.offset,
        response(whole.kernel),
        float(apart[inner].max(initial=0.0)),
        float(apart[near].max(initial=0.0)),
        float(np.abs(rounded.pixels - due).max(initial=0.0)),
    )
