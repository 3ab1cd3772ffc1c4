"""Which pixels hang on the border, by how much, and which border misses the truth least."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.analysis.audit.linear import extents
from imgkernels.border import Border
from imgkernels.image import Image
from imgkernels.operations import (
    Bilateral,
    Blend,
    Canny,
    Chain,
    Frame,
    Kuwahara,
    Operation,
    OwnColour,
    Pointwise,
    Rank,
    VectorMedian,
    ZeroCrossings,
    point,
)
from imgkernels.run import run_steps
from imgkernels.step import Step
from imgkernels.taps import Taps
from imgkernels.values import compute_dtype

Reach = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BorderMode:
    """One border beside the chosen one.

    `largest` and `mean` are its differences from the chosen border's answer, unrounded, the mean
    over the pixels that hang on the border. `missed` is the root mean square by which it misses
    the truth near the edge of the picture cut smaller, where what lies beyond is known; NaN where
    the picture is too small to cut.
    """

    border: Border
    largest: float
    mean: float
    missed: float


@dataclass(frozen=True)
class BorderAudit:
    """What hangs on the border.

    `reach` is how many pixels from the low and the high end of each axis hang on it (x last), and
    `everywhere` says that a step carries it any distance besides. `touched` of `pixels` hang on
    it. `advised` is None where nothing does, or where the picture is too small to tell.
    """

    reach: Reach
    everywhere: bool
    touched: int
    pixels: int
    modes: tuple[BorderMode, ...]
    advised: Border | None


def audited(steps: Sequence[Step], picture: Image, frame: Frame) -> BorderAudit:
    """Run every border on the picture, and on the picture cut smaller, and compare."""
    space = picture.pixels.shape[: picture.ndim]
    operations = [step.operation(frame) for step in steps]
    reach = added([reach_of(operation, picture.ndim) for operation in operations], picture.ndim)
    everywhere = any(map(spreads, operations))
    inside = (
        0
        if everywhere
        else math.prod(max(0, n - sum(ends)) for n, ends in zip(space, reach, strict=True))
    )
    touched = math.prod(space) - inside
    frames = {border: replace(frame, border=border) for border in Border}
    answers = {border: _run(steps, picture, told) for border, told in frames.items()}
    missed = _missed(steps, picture, frames, reach, answers[frame.border])
    values = max(1, touched * (picture.channels if picture.axes.endswith("c") else 1))
    modes = []
    for border, answer in answers.items():
        apart = np.abs(answer - answers[frame.border])
        mean = float(apart.sum()) / values
        modes.append(BorderMode(border, float(apart.max(initial=0.0)), mean, missed[border]))
    known = [mode for mode in modes if touched and math.isfinite(mode.missed)]
    ranked = sorted(known, key=lambda m: (m.missed, m.border is not frame.border))
    return BorderAudit(
        reach,
        everywhere,
        touched,
        math.prod(space),
        tuple(modes),
        ranked[0].border if ranked else None,
    )


def reach_of(operation: Operation, ndim: int) -> Reach:
    """Return how far an operation looks before and after a pixel."""
    match operation:
        case Chain(operations):
            return added([reach_of(part, ndim) for part in operations], ndim)
        case Blend(over):
            return reach_of(over, ndim)
        case OwnColour(over):
            return tuple((max(1, low), max(1, high)) for low, high in reach_of(over, ndim))
        case Canny():
            smoothing, *slopes = (extents(kernel) for kernel in operation.kernels)
            return added([smoothing, slopes[0], _square(1, ndim)], ndim)
        case ZeroCrossings():
            return added([extents(operation.kernels[0]), _square(1, ndim)], ndim)
    return _own_reach(operation, ndim)


def _own_reach(operation: Operation, ndim: int) -> Reach:
    match operation:
        case Rank(window):
            return extents(window)
        case Bilateral() | Kuwahara() | VectorMedian():
            return operation.reach(Frame(ndim))
    ends = [extents(kernel) for kernel in operation.kernels] or [_square(0, ndim)]
    return tuple((max(e[a][0] for e in ends), max(e[a][1] for e in ends)) for a in range(ndim))


def _square(radius: int, ndim: int) -> Reach:
    return ((radius, radius),) * ndim


def spreads(operation: Operation) -> bool:
    """Tell whether an operation carries what it sees any distance, or may for all we know."""
    match operation:
        case Pointwise(curve):
            return curve is point.stretched
        case Chain(operations):
            return any(map(spreads, operations))
        case Blend(over) | OwnColour(over):
            return spreads(over)
        case Canny():
            return True  # a line is followed across the whole picture
        case Rank() | Bilateral() | Kuwahara() | VectorMedian():
            return False
    return not operation.kernels


def added(reaches: Sequence[Reach], ndim: int) -> Reach:
    """Return the reach of operations in order."""
    return tuple(
        (sum(r[a][0] for r in reaches), sum(r[a][1] for r in reaches)) for a in range(ndim)
    )


def _run(steps: Sequence[Step], picture: Image, frame: Frame) -> Taps:
    unrounded = compute_dtype(picture.pixels.dtype)
    return run_steps(steps, picture, frame, None, unrounded).pixels.astype(np.float64)


def _missed(
    steps: Sequence[Step],
    picture: Image,
    frames: dict[Border, Frame],
    reach: Reach,
    answer: Taps,
) -> dict[Border, float]:
    """Cut the picture, so that what lies beyond its edge is known; return how far each is off."""
    space = picture.pixels.shape[: picture.ndim]
    if not any(map(any, reach)) or any(
        n < 4 * max(ends) + 2 for n, ends in zip(space, reach, strict=True)
    ):
        return dict.fromkeys(frames, math.nan)
    ends = list(zip(space, reach, strict=True))
    cut = tuple(slice(low, n - high) for n, (low, high) in ends)
    smaller = picture.with_pixels(np.ascontiguousarray(picture.pixels[cut]))
    near = np.ones(smaller.pixels.shape[: picture.ndim], bool)
    near[tuple(slice(low, n - 2 * high - low) for n, (low, high) in ends)] = False
    truth = answer[cut][near]
    apart = {b: _run(steps, smaller, told)[near] - truth for b, told in frames.items()}
    return {b: math.sqrt(float((d**2).mean())) for b, d in apart.items()}
