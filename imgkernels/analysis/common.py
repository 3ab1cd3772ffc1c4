"""What following a pipeline needs: its steps from any form, their texts, colours apart."""

from __future__ import annotations

import numpy as np

from imgkernels.channels import Channels
from imgkernels.errors import InvalidValue
from imgkernels.image import Image
from imgkernels.kernel import Kernel
from imgkernels.operations import Nan
from imgkernels.pipeline import Pipeline, StepLike
from imgkernels.step import Step
from imgkernels.values import Array


def pipeline_of(who: str, steps: tuple[StepLike | Pipeline, ...]) -> Pipeline:
    """Return the pipeline of some steps, or the one that was given.

    Raises `InvalidValue` for one that sees colours or NaN in a way that is not followed here, or
    speaks the dialect of a library.
    """
    if len(steps) == 1 and isinstance(steps[0], Pipeline):
        one = steps[0]
    else:
        alone = [step for step in steps if not isinstance(step, Pipeline)]
        if len(alone) < len(steps):
            raise InvalidValue(f"{who}: takes one pipeline, or steps; got both")
        one = Pipeline.of(*alone)
    usual = {"channels": Channels.EACH, "nan": Nan.PROPAGATE, "like": None}
    for name, followed in usual.items():
        given = getattr(one, name)
        if given is not followed:
            without = f"{name} {followed}" if followed else f"no {name}"
            raise InvalidValue(f"{who}: follows pipelines with {without}; got {given}")
    return one


def step_text(step: Step) -> str:
    """Return a step as it is written; a kernel of 3 axes has no room in a line."""
    if any(isinstance(value, Kernel) and value.ndim > 2 for _, value in step.params):
        return f"{step.filter}, a kernel of 3 axes"
    return str(step)


def colours_of(picture: Image) -> Array:
    """Return the pixels as `(*space, C)` without alpha."""
    x = picture.pixels if picture.axes.endswith("c") else picture.pixels[..., np.newaxis]
    return x[..., :-1] if picture.alpha else x
