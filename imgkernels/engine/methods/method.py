"""What every method can be asked, and the two steps most of them share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from imgkernels.border import pad
from imgkernels.engine.finish import Finish
from imgkernels.engine.problem import Problem
from imgkernels.kernel import Kernel
from imgkernels.values import Array, Floats, room_for

_FINE = 2.0**12  # taps that are whole multiples of its inverse are whole but for a few bits


class Method(Protocol):
    """One way of computing a problem."""

    @property
    def name(self) -> str:
        """The word users give to `method=`."""

    @property
    def summary(self) -> str:
        """What it does, in a few words."""

    def missing(self) -> str | None:
        """Return what this machine lacks for it, or None."""

    def obstacle(self, problem: Problem) -> str | None:
        """Return why it cannot do this problem, or None."""

    def cost(self, problem: Problem) -> float:
        """Return the estimated seconds."""

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        """Compute `(N, *space, C)` into `(N, *out_space, outputs)` in the compute dtype."""


@runtime_checkable
class Finishing(Method, Protocol):
    """A method that may finish the sums where it makes them, without an image of floats."""

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        """Tell whether `finished` can do this; the problems differ in their kernels alone."""

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        """Compute the sums of all problems, finished."""


@runtime_checkable
class Compiling(Finishing, Protocol):
    """A method that compiles its loop first."""

    @property
    def ieee(self) -> bool:
        """Whether sums are made one after the other, so that it may see NaN and infinity."""

    def start(self, problem: Problem) -> float:
        """Return the estimated seconds until the first answer can be begun, in a new process."""

    def finished(
        self, problems: Sequence[Problem], x: Array, finish: Finish, answer: Array | None = None
    ) -> Array:
        """Compute the sums of all problems, finished, in `answer` where there is one."""


def extended(problem: Problem, x: Array) -> Array:
    """Return the input with its border: a valid correlation of it is the answer."""
    roomy = room_for(x, problem.border_value)
    return pad(roomy, [(0, 0), *problem.margins, (0, 0)], problem.border, problem.border_value)


def strided(problem: Problem, y: Floats) -> Floats:
    """Pick every `stride`-th output of a dense answer."""
    if all(step == 1 for step in problem.stride):
        return y
    return y[(slice(None), *(slice(None, None, step) for step in problem.stride))]


def one_kernel(problem: Problem) -> str | None:
    """Say that a method takes only problems with one kernel for every channel."""
    return None if problem.kernel is not None else "takes one kernel for every channel"


def even_chances(kernel: Kernel, dtype: np.dtype[Any]) -> bool:
    """Tell whether sums of integers may lie exactly between two levels.

    So they do where the taps are whole but for a few bits. Sums that are exact, or in float64, stay
    there and are rounded to even; others go either way.
    """
    parts = kernel.factors or (kernel.taps,)
    return dtype.kind in "iu" and all(
        bool((np.rint(part * _FINE) == part * _FINE).all()) for part in parts
    )


def samples(problem: Problem) -> int:
    """Return the number of values in the dense answer, all channels counted."""
    return problem.shape[0] * math.prod(problem.dense_space) * problem.outputs
