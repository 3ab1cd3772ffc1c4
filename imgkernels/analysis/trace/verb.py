"""`trace`: one pixel of a pipeline's answer, taken apart step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels import alpha
from imgkernels.analysis.common import colours_of, pipeline_of, step_text
from imgkernels.analysis.trace.dissect import dissected
from imgkernels.analysis.trace.parts import Mapping, Part, summed
from imgkernels.asked import frame_of
from imgkernels.border import Border
from imgkernels.errors import InvalidValue
from imgkernels.image import Image
from imgkernels.operations import Convolve, Frame, Range, mapped
from imgkernels.operations.ranges import parse_range
from imgkernels.pipeline import Pipeline, StepLike
from imgkernels.run import declared_range, run_steps
from imgkernels.step import Step
from imgkernels.taps import Taps
from imgkernels.values import Array, compute_dtype


@dataclass(frozen=True)
class TracedStep:
    """One step: what it is, what it is made of at the pixel, and its answer, one per channel.

    `note` says what alpha changed; the parts then see the picture as the step does.
    """

    step: str
    parts: tuple[Part, ...]
    value: Taps
    note: str = ""


@dataclass(frozen=True)
class Trace:
    """A pixel's way: `at` is its index (z, y, x), `before` what was there, `value` what is written.

    `computed` is the last step's answer, `mapped` what the range makes of it (`range` is None
    where the result keeps its sign), `shown` that cut at black and white, `value` that rounded and
    saturated to `dtype`. One value per channel; alpha is the last.
    """

    at: tuple[int, ...]
    before: Taps
    steps: tuple[TracedStep, ...]
    computed: Taps
    range: Range | None
    mapped: Taps
    shown: Taps
    value: npt.NDArray[Any]
    dtype: str
    white: float
    border: Border

    @property
    def saturated(self) -> npt.NDArray[np.bool_]:
        """Which channels were cut at black or white, or at the ends of the dtype."""
        if self.dtype.startswith("float"):
            return np.zeros(self.value.shape, bool)
        off: npt.NDArray[np.bool_] = np.abs(self.mapped - self.value) > 0.5 + 1e-6 * self.white
        return off

    def __str__(self) -> str:
        from imgkernels.analysis.trace.text import told

        return told(self)


def trace(
    image: npt.ArrayLike | Image,
    *steps: StepLike | Pipeline,
    at: Sequence[int],
    border: Border | str | None = None,
    border_value: float | None = None,
    range: Range | str | None = None,
    axes: str | None = None,
) -> Trace:
    """Take the answer of one or more steps at one pixel apart.

    `steps` are those of `Pipeline.of`, or one pipeline. `at` is the pixel's index, as an array has
    it: (y, x) or (z, y, x). The other options are those of `apply`. The value at the end is the one
    that the pipeline writes. Raises `InvalidValue` for a pixel outside the picture.

    >>> import numpy as np
    >>> traced = trace(np.eye(3), "box-blur:size=3", at=(1, 1))
    >>> traced.steps[0].parts[0].products[..., 0].round(3).tolist()
    [[0.111, 0.0, 0.0], [0.0, 0.111, 0.0], [0.0, 0.0, 0.111]]
    """
    pipeline = pipeline_of("trace", steps)
    picture = image if isinstance(image, Image) else Image.of(image, axes)
    place = _checked(at, picture)
    frame = frame_of(picture, pipeline, border=border, border_value=border_value)
    wanted = parse_range(range) if range is not None else pipeline.range
    unrounded = compute_dtype(picture.pixels.dtype)
    current, traced = picture, []
    for step in pipeline.steps:
        after = run_steps((step,), current, frame, None, unrounded)
        traced.append(_step(step, current, after, place, frame))
        current = after
    written = pipeline(
        picture, border=border, border_value=border_value, range=None if range is None else wanted
    )
    shown = wanted or declared_range(pipeline.steps)
    kept = picture.pixels.dtype.kind != "u" and wanted is None
    uncut = current if kept else _mapped(current, frame, shown)
    return Trace(
        place,
        _channels(picture, place),
        tuple(traced),
        _channels(current, place),
        None if kept else shown,
        _channels(uncut, place),
        _channels(uncut, place) if kept else _channels(uncut, place).clip(0, frame.white),
        _raw(written, place),
        written.pixels.dtype.name,
        frame.white,
        frame.border,
    )


def _checked(at: Sequence[int], picture: Image) -> tuple[int, ...]:
    space = picture.pixels.shape[: picture.ndim]
    inside = len(at) == len(space) and all(
        isinstance(i, Integral) and 0 <= i < n for i, n in zip(at, space, strict=True)
    )
    if not inside:
        names = "zyx"[-len(space) :]
        rule = ", ".join(f"{axis} from 0 to {n - 1}" for axis, n in zip(names, space, strict=True))
        came = ", ".join(f"{axis} {i}" for axis, i in zip(names, at, strict=False))
        more = "" if len(at) == len(space) else f" ({len(at)} numbers for {len(space)} axes)"
        raise InvalidValue(f"trace: the pixel must have {rule}; got {came}{more}")
    return tuple(int(i) for i in at)


def _step(
    step: Step, before: Image, after: Image, place: tuple[int, ...], frame: Frame
) -> TracedStep:
    operation = step.operation(frame)
    x = before.pixels if before.axes.endswith("c") else before.pixels[..., np.newaxis]
    note = ""
    if not before.alpha:
        parts = dissected(operation, x, place, frame)
    elif alpha.averages(operation):
        parts = _weighted(operation, x, place, frame)
        note = "colours are weighted by alpha"
    else:
        hidden = alpha.sees_others(operation, frame)
        seen = alpha.filled(x[..., :-1], x[..., -1:], frame) if hidden else x[..., :-1]
        parts = dissected(operation, seen, place, frame)
        note = "invisible pixels take the nearest visible colour" if hidden else ""
    return TracedStep(step_text(step), tuple(parts), _channels(after, place), note)


def _weighted(operation: Convolve, x: Array, place: tuple[int, ...], frame: Frame) -> list[Part]:
    """Show a mean of colours weighted by alpha: both sums, and one divided by the other."""
    weight = x[..., -1:] / frame.white
    colours = dissected(operation, np.where(weight > 0, x[..., :-1], 0) * weight, place, frame)
    opaque = replace(frame, border_value=1.0)
    seen = summed("alpha, share of white", weight, place, operation.kernel, opaque)
    share = seen.value / operation.kernel.sum
    given = (("weighted sum", colours[-1].value), ("mean alpha", share))
    mixed = colours[-1].value / share if share > 1e-8 else np.zeros_like(colours[-1].value)
    return [*colours, seen, Mapping("the sum divided by the mean alpha", given, mixed)]


def _mapped(picture: Image, frame: Frame, shown: Range) -> Image:
    seen = mapped(colours_of(picture), frame, shown)
    if picture.alpha:
        seen = np.concatenate([seen, picture.pixels[..., -1:]], axis=-1)
    return picture.with_pixels(seen.reshape(picture.pixels.shape))


def _raw(picture: Image, place: tuple[int, ...]) -> npt.NDArray[Any]:
    return np.atleast_1d(picture.pixels[place])


def _channels(picture: Image, place: tuple[int, ...]) -> Taps:
    return _raw(picture, place).astype(np.float64)
