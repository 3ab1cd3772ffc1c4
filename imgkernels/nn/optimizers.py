"""How weights follow their gradients; Keras's names, defaults and formulas."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgkernels.errors import InvalidValue, unknown
from imgkernels.nn.schedules import InverseTimeDecay, Schedule
from imgkernels.nn.variable import Variable
from imgkernels.values import Floats


class Optimizer(ABC):
    """Turns gradients into steps; holds one array per weight and slot, and the count of steps.

    `learning_rate` is a number or a schedule of the steps done. `clipnorm` limits the norm of each
    gradient, `global_clipnorm` that of all together, `clipvalue` every value.
    """

    slots: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        clipnorm: float | None = None,
        global_clipnorm: float | None = None,
        clipvalue: float | None = None,
    ) -> None:
        if not callable(learning_rate) and not 0 <= learning_rate < math.inf:
            raise InvalidValue(
                f"{type(self).__name__}: learning_rate must be >= 0; got {learning_rate!r}"
            )
        self.learning_rate = learning_rate
        self.clipnorm, self.global_clipnorm, self.clipvalue = clipnorm, global_clipnorm, clipvalue
        self.iterations = 0
        self.state: dict[str, list[Floats]] = {}

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        given = self.learning_rate
        return float(given(self.iterations) if callable(given) else given)

    def build(self, variables: Sequence[Variable]) -> None:
        """Make the slots for these weights, once."""
        for slot in self.slots:
            if len(self.state.get(slot, ())) != len(variables):
                self.state[slot] = [self.start(slot, v.value) for v in variables]

    def start(self, slot: str, value: Floats) -> Floats:
        """Return what a slot holds before the first step."""
        return np.zeros_like(value)

    def apply(self, variables: Sequence[Variable], gradients: Sequence[Floats]) -> None:
        """Do one step on all weights; constraints are kept after it."""
        self.build(variables)
        rate = self.rate
        self.iterations += 1
        for number, (variable, grad) in enumerate(
            zip(variables, self._clipped(gradients), strict=True)
        ):
            slots = [self.state[slot][number] for slot in self.slots]
            self.step(variable.value, grad, rate, *slots)
            if variable.constraint is not None:
                variable.value[...] = variable.constraint(variable.value)

    @abstractmethod
    def step(self, w: Floats, grad: Floats, rate: float, *slots: Floats) -> None:
        """Change one weight, and its slots, in place."""

    def _clipped(self, gradients: Sequence[Floats]) -> Sequence[Floats]:
        if self.clipvalue is not None:
            gradients = [g.clip(-self.clipvalue, self.clipvalue) for g in gradients]
        if self.clipnorm is not None:
            gradients = [g * _shrink(_norm([g]), self.clipnorm) for g in gradients]
        if self.global_clipnorm is not None:
            factor = _shrink(_norm(gradients), self.global_clipnorm)
            gradients = [g * factor for g in gradients]
        return gradients


def _norm(gradients: Sequence[Floats]) -> float:
    return math.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in gradients))


def _shrink(norm: float, most: float) -> float:
    return most / norm if norm > most else 1.0


class SGD(Optimizer):
    """`v = momentum v - rate g; w += v`; with `nesterov` `w += momentum v - rate g`.

    `decay` divides the rate by `1 + decay * steps`, as Keras 1 and 2 do.
    """

    slots = ("momentum",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *,
        decay: float = 0.0,
        **clip: Any,
    ) -> None:
        if decay and not callable(learning_rate):
            learning_rate = InverseTimeDecay(learning_rate, 1, decay)
        super().__init__(learning_rate, **clip)
        self.momentum, self.nesterov = momentum, nesterov

    def step(self, w: Floats, grad: Floats, rate: float, *slots: Floats) -> None:
        (v,) = slots
        move = grad * -rate
        if self.momentum == 0:
            w += move
            return
        v *= self.momentum
        v += move
        w += self.momentum * v + move if self.nesterov else v


class RMSprop(Optimizer):
    """`s = rho s + (1 - rho) g**2; w -= rate g / sqrt(s + epsilon)`: Keras 3's formula.

    `epsilon_inside=False` divides by `sqrt(s) + epsilon`, as Keras 2.0 and PyTorch do. `centered`
    takes the square of the mean gradient from s.
    """

    slots = ("velocity", "mean", "momentum")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *,
        epsilon_inside: bool = True,
        **clip: Any,
    ) -> None:
        super().__init__(learning_rate, **clip)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon
        self.centered, self.epsilon_inside = centered, epsilon_inside

    def step(self, w: Floats, grad: Floats, rate: float, *slots: Floats) -> None:
        velocity, mean, momentum = slots
        velocity *= self.rho
        velocity += (1 - self.rho) * np.square(grad)
        under = velocity
        if self.centered:
            mean *= self.rho
            mean += (1 - self.rho) * grad
            under = velocity - np.square(mean)
        inside, outside = (self.epsilon, 0.0) if self.epsilon_inside else (0.0, self.epsilon)
        move = rate * grad / (np.sqrt(under + inside) + outside)
        if self.momentum:
            momentum *= self.momentum
            momentum += move
            move = momentum
        w -= move


class Adam(Optimizer):
    """Moments of the gradient, corrected for their start at 0; epsilon beside the root.

    Source: Kingma and Ba, Adam, 2015; Keras writes epsilon for the paper's epsilon-hat.
    `epsilon_hat=False` corrects the second moment before epsilon is added, as PyTorch does.
    `weight_decay` w: every step first takes `rate * w` of the weights away (AdamW).
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        weight_decay: float = 0.0,
        epsilon_hat: bool = True,
        **clip: Any,
    ) -> None:
        super().__init__(learning_rate, **clip)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon
        self.weight_decay, self.epsilon_hat = weight_decay, epsilon_hat

    def step(self, w: Floats, grad: Floats, rate: float, *slots: Floats) -> None:
        m, v = slots
        t = self.iterations
        second = math.sqrt(1 - self.beta_2**t)
        if self.weight_decay:
            w *= 1 - rate * self.weight_decay
        m += (grad - m) * (1 - self.beta_1)
        v += (np.square(grad) - v) * (1 - self.beta_2)
        epsilon = self.epsilon if self.epsilon_hat else self.epsilon * second
        w -= m * (rate * second / (1 - self.beta_1**t)) / (np.sqrt(v) + epsilon)


class Adagrad(Optimizer):
    """`s += g**2; w -= rate g / sqrt(s + epsilon)`; s starts at `initial_accumulator_value`."""

    slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        *,
        epsilon_inside: bool = True,
        **clip: Any,
    ) -> None:
        super().__init__(learning_rate, **clip)
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon
        self.epsilon_inside = epsilon_inside

    def start(self, slot: str, value: Floats) -> Floats:
        return np.full_like(value, self.initial_accumulator_value)

    def step(self, w: Floats, grad: Floats, rate: float, *slots: Floats) -> None:
        (total,) = slots
        total += np.square(grad)
        inside, outside = (self.epsilon, 0.0) if self.epsilon_inside else (0.0, self.epsilon)
        w -= rate * grad / (np.sqrt(total + inside) + outside)


class Adadelta(Optimizer):
    """Steps as long as the last steps were: `sqrt(d + epsilon) / sqrt(s + epsilon) * g`.

    Source: Zeiler, ADADELTA, 2012; Keras's rate of 0.001 (the paper has 1).
    """

    slots = ("accumulated_grad", "accumulated_delta")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **clip: Any,
    ) -> None:
        super().__init__(learning_rate, **clip)
        self.rho, self.epsilon = rho, epsilon

    def step(self, w: Floats, grad: Floats, rate: float, *slots: Floats) -> None:
        squares, moves = slots
        squares *= self.rho
        squares += (1 - self.rho) * np.square(grad)
        move = np.sqrt(moves + self.epsilon) / np.sqrt(squares + self.epsilon) * grad
        moves *= self.rho
        moves += (1 - self.rho) * np.square(move)
        w -= rate * move


NAMED: dict[str, type[SGD | RMSprop | Adam | Adagrad | Adadelta]] = {
    "sgd": SGD, "rmsprop": RMSprop, "adam": Adam, "adagrad": Adagrad, "adadelta": Adadelta,
}  # fmt: skip


def optimizer(word: Optimizer | str) -> Optimizer:
    """Read an optimiser: one of ours, or its name in any case, with its defaults."""
    if isinstance(word, Optimizer):
        return word
    if word.lower() not in NAMED:
        raise unknown("optimizer", word, NAMED)
    return NAMED[word.lower()]()
