"""Which way a problem with weights is answered again and again, with its gradients."""

from __future__ import annotations

from typing import Protocol

from imgkernels.engine import winograd
from imgkernels.engine.columns import Columns
from imgkernels.engine.problem import Problem
from imgkernels.engine.winograd import Winograd
from imgkernels.values import Floats


class Runner(Protocol):
    """One problem's answer, and its gradients for the weights and for the input."""

    problem: Problem

    def forward(self, x: Floats, weights: Floats) -> Floats:
        """Answer for an input `(N, *space, C)` and `(*window, C / groups, outputs)`."""

    def weights_gradient(self, grad: Floats) -> Floats:
        """Return the gradient for the weights, given that for the answer of the last forward."""

    def input_gradient(self, grad: Floats, weights: Floats) -> Floats:
        """Return the gradient for the input, given that for the answer."""


def runner(problem: Problem) -> Runner:
    """Return the quickest way that fits the problem and this machine."""
    return Winograd(problem) if winograd.fits(problem) else Columns(problem)
