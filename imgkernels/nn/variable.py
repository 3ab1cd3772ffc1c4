"""A weight of a layer: a named array that training changes in place of a new value."""

from __future__ import annotations

from dataclasses import dataclass

from imgkernels.nn.constraints import Constraint
from imgkernels.nn.regularizers import Regularizer
from imgkernels.values import Floats


@dataclass(eq=False)
class Variable:
    """A named array with what training must know about it.

    `name` is that within the layer ("kernel", "bias", "gamma"); `trainable` is false for what is
    counted, not learned (the moving mean of a batch normalisation).
    """

    name: str
    value: Floats
    trainable: bool = True
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None
