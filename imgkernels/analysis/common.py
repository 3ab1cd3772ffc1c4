"""What following a pipeline needs: its steps from any form, their texts, colours, values uncut."""

from __future__ import annotations

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.image import Image
from imgkernels.kernel import Kernel
from imgkernels.operations import Range
from imgkernels.pipeline import Pipeline, StepLike
from imgkernels.step import Step
from imgkernels.taps import Taps
from imgkernels.values import Array


def pipeline_of(who: str, steps: tuple[StepLike | Pipeline, ...]) -> Pipeline:
    """Return the pipeline of some steps, or the one that was given."""
    if len(steps) == 1 and isinstance(steps[0], Pipeline):
        return steps[0]
    alone = [step for step in steps if not isinstance(step, Pipeline)]
    if len(alone) < len(steps):
        raise InvalidValue(f"{who}: takes one pipeline, or steps; got both")
    return Pipeline.of(*alone)


def step_text(step: Step) -> str:
    """Return a step as it is written; a kernel of 3 axes has no room in a line."""
    if any(isinstance(value, Kernel) and value.ndim > 2 for _, value in step.params):
        return f"{step.filter}, a kernel of 3 axes"
    return str(step)


def colours_of(picture: Image) -> Array:
    """Return the pixels as `(*space, C)` without alpha."""
    x = picture.pixels if picture.axes.endswith("c") else picture.pixels[..., np.newaxis]
    return x[..., :-1] if picture.alpha else x


def before_clipping(answer: Array, shown: Range, white: float) -> Taps:
    """Return what a range makes of an answer before black and white cut it; stretch never cuts."""
    x = answer.astype(np.float64)
    match shown:
        case Range.ABS:
            return np.abs(x)
        case Range.OFFSET:
            return x + white / 2
        case Range.STRETCH:
            return x.clip(0, white)
    return x
