"""Learning rates that change with the step; called with the number of steps done."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imgkernels.errors import InvalidValue

Schedule = Callable[[int], float]


@dataclass(frozen=True)
class ExponentialDecay:
    """`initial * rate ** (step / decay_steps)`; `staircase`: the power rounded down.

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
    0.025
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __call__(self, step: int) -> float:
        power = step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (
            math.floor(power) if self.staircase else power
        )


@dataclass(frozen=True)
class CosineDecay:
    """Half a cosine from `initial` to `alpha * initial` over `decay_steps`.

    With `warmup_steps` it first rises in a line from `initial` to `warmup_target`, and falls from
    there. Source: Loshchilov and Hutter, SGDR, 2017.
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __call__(self, step: int) -> float:
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return top + (self.warmup_target - top) * step / self.warmup_steps
            top, step = self.warmup_target, step - self.warmup_steps
        share = min(step, self.decay_steps) / self.decay_steps
        return top * (self.alpha + (1 - self.alpha) * 0.5 * (1 + math.cos(math.pi * share)))


@dataclass(frozen=True)
class PiecewiseConstantDecay:
    """`values[i]` up to and with step `boundaries[i]`, the last value after that: steps."""

    boundaries: Sequence[int]
    values: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise InvalidValue(
                f"PiecewiseConstantDecay: takes one value more than boundaries; "
                f"got {len(self.values)} and {len(self.boundaries)}"
            )

    def __call__(self, step: int) -> float:
        return self.values[sum(step > boundary for boundary in self.boundaries)]


@dataclass(frozen=True)
class InverseTimeDecay:
    """`initial / (1 + rate * step / decay_steps)`; Keras 1's `decay` with `decay_steps` 1."""

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate / (1 + self.decay_rate * step / self.decay_steps)
