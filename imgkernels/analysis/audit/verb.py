"""`audit`: what a pipeline can do to a picture, proved before it runs and measured after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.analysis.audit.borders import BorderAudit, audited
from imgkernels.analysis.audit.fuse import Break, Fusion, breaks, fusions
from imgkernels.analysis.audit.interval import (
    Interval,
    as_bound,
    exact_interval,
    interval_of,
)
from imgkernels.analysis.audit.linear import Linear, linear_of
from imgkernels.analysis.common import colours_of, pipeline_of, step_text
from imgkernels.asked import frame_of
from imgkernels.border import Border
from imgkernels.errors import UnsupportedImage
from imgkernels.image import Image
from imgkernels.operations import Frame, Operation, Range, mapped
from imgkernels.operations.ranges import parse_range
from imgkernels.pipeline import Pipeline, StepLike
from imgkernels.run import declared_range, run_steps
from imgkernels.step import Step
from imgkernels.taps import Taps
from imgkernels.values import compute_dtype, white_of

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class StepAudit:
    """One step: the interval its answers must lie in, and where they lie on this picture.

    `outside` is the share of this picture's values that lie below black or above white; they are
    kept until the end, nothing is cut between the steps.
    """

    step: str
    interval: Interval
    low: float
    high: float
    outside: float


@dataclass(frozen=True)
class Audit:
    """What was proved and measured.

    `given` is what pictures of this dtype may hold (floats: black to white and what this one
    holds); `range` is None where the result keeps its sign. `below` and `above` are the shares of
    values that are cut at the end, exact, by running; `clipped` marks their pixels.
    """

    given: Interval
    steps: tuple[StepAudit, ...]
    range: Range | None
    below: float
    above: float
    clipped: Mask
    border: Border
    borders: BorderAudit
    fusions: tuple[Fusion, ...]
    breaks: tuple[Break, ...]
    dtype: str
    white: float

    def __str__(self) -> str:
        from imgkernels.analysis.audit.words import told

        return told(self)


def audit(
    image: npt.ArrayLike | Image,
    *steps: StepLike | Pipeline,
    border: Border | str | None = None,
    border_value: float | None = None,
    range: Range | str | None = None,
    axes: str | None = None,
) -> Audit:
    """Prove and measure what steps do to a picture: ranges, clipping, borders, fusing.

    `steps` are those of `Pipeline.of`, or one pipeline; the other options are those of `apply`.
    Steps that are kernels one after the other get exact intervals, edges included, where their
    reach is short enough (16 px in 2-D); the others a bound that no picture exceeds. Raises
    `UnsupportedImage` for an empty picture and for NaN.

    >>> import numpy as np
    >>> found = audit(np.eye(9, dtype=np.uint8), "sharpen")
    >>> found.steps[0].interval
    Interval(low=-1020.0, high=1275.0, proof='exact')
    """
    pipeline = pipeline_of("audit", steps)
    picture = image if isinstance(image, Image) else Image.of(image, axes)
    if picture.pixels.size == 0:
        raise UnsupportedImage(f"audit: the picture is empty; got shape {picture.pixels.shape}")
    if picture.pixels.dtype.kind == "f" and not np.isfinite(picture.pixels).all():
        raise UnsupportedImage("audit: the picture must be finite; got NaN or infinity")
    frame = frame_of(picture, pipeline, border=border, border_value=border_value)
    wanted = parse_range(range) if range is not None else pipeline.range
    given = _given(picture)
    found, answer = _steps(pipeline.steps, picture, frame, given)
    shown = wanted or declared_range(pipeline.steps)
    signed = picture.pixels.dtype.kind != "u" and wanted is None
    under, over = _cut(answer, picture, frame, None if signed else shown)
    return Audit(
        given,
        found,
        None if signed else shown,
        float(under.mean()),
        float(over.mean()),
        np.asarray((under | over).any(axis=-1)),
        frame.border,
        audited(pipeline.steps, picture, frame),
        fusions(pipeline.steps, picture, frame),
        breaks(pipeline.steps, picture, frame),
        picture.pixels.dtype.name,
        frame.white,
    )


def _given(picture: Image) -> Interval:
    x = picture.pixels
    if x.dtype.kind in "iu":
        info = np.iinfo(x.dtype)
        return Interval(float(info.min), float(info.max), "exact")
    held = Interval(float(np.min(x)), float(np.max(x)), "exact")
    return held | Interval(0.0, white_of(x.dtype))


def _steps(
    steps: Sequence[Step], picture: Image, frame: Frame, given: Interval
) -> tuple[tuple[StepAudit, ...], Taps]:
    """Prove and measure step after step; return the answer of the last, unrounded."""
    found, current = [], picture
    black, white = -_slack(frame), frame.white + _slack(frame)
    for step, interval in zip(steps, _proofs(steps, picture, frame, given), strict=True):
        current = run_steps((step,), current, frame, None, compute_dtype(picture.pixels.dtype))
        x = colours_of(current)
        outside = float(((x < black) | (x > white)).mean())
        ends = float(np.min(x)), float(np.max(x))
        found.append(StepAudit(step_text(step), interval, *ends, outside))
    return tuple(found), colours_of(current)


def _proofs(
    steps: Sequence[Step], picture: Image, frame: Frame, given: Interval
) -> Iterator[Interval]:
    """Yield the interval of each step: through the kernel of all linear ones in a row if it can."""
    space = picture.pixels.shape[: picture.ndim]
    interval, start, all_linear = given, given, True
    row: tuple[Operation, ...] = ()
    whole: Linear | None = None
    for position, step in enumerate(steps):
        operation = step.operation(frame)
        interval = interval_of(operation, interval, frame)
        part = linear_of(operation, picture.ndim)
        if part is None:
            row, whole, start, all_linear = (), None, interval, False
            exact = position == 0
        else:
            row, whole = (*row, operation), part if whole is None else whole @ part
            followed = exact_interval(row, whole, start, frame, space)
            interval = followed or interval
            exact = all_linear and (position == 0 or followed is not None)
        interval = interval if exact or interval.proof == "unknown" else as_bound(interval)
        yield interval


def _cut(answer: Taps, picture: Image, frame: Frame, shown: Range | None) -> tuple[Mask, Mask]:
    """Return which values are cut at the low and at the high end, beyond what rounding does."""
    dtype, slack = picture.pixels.dtype, _slack(frame)
    if shown is not None:
        values = mapped(answer, frame, shown)
        return values < -slack, values > frame.white + slack
    if dtype.kind == "f":
        return np.zeros(answer.shape, bool), np.zeros(answer.shape, bool)
    info = np.iinfo(dtype)
    return answer < info.min - slack, answer > info.max + slack


def _slack(frame: Frame) -> float:
    return 0.5 if frame.dtype.kind in "iu" else 1e-6 * frame.white
