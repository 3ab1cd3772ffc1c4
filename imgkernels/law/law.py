"""A law: what an entry of the catalogue claims of itself, in words and as a check that computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from imgkernels.kernel import Kernel
from imgkernels.operations import Frame, Operation
from imgkernels.values import Array, Floats


@dataclass(frozen=True)
class Case:
    """A filter with its parameters fixed, as laws look at it: what it does, and its kernels."""

    operation: Operation
    frame: Frame
    kernels: tuple[Kernel, ...]

    @classmethod
    def of(cls, operation: Operation, frame: Frame) -> Case:
        """Take the kernels that the operation has."""
        return cls(operation, frame, operation.kernels)

    def run(self, x: Floats) -> Array:
        """Run the operation on `(*space, C)` floats, of which 1 is white."""
        frame = replace(self.frame, dtype=np.dtype(np.float64), white=1.0)
        return self.operation.run(x, frame)


@dataclass(frozen=True)
class Law:
    """A claim. `broken` returns what was found instead, or nothing where the law holds."""

    words: str
    broken: Callable[[Case], str]


def every(words: str, broken: Callable[[Kernel], str]) -> Law:
    """Make a law of what every kernel of a filter obeys."""

    def found(case: Case) -> str:
        if not case.kernels:
            return "there is no kernel"
        answers = [(n, broken(kernel)) for n, kernel in enumerate(case.kernels, start=1)]
        alone = len(answers) == 1
        return "; ".join(text if alone else f"kernel {n}: {text}" for n, text in answers if text)

    return Law(words, found)


def nth(n: int, *laws: Law) -> tuple[Law, ...]:
    """Claim the laws of one kernel, counted from 1, where a filter has several."""

    def narrowed(law: Law) -> Law:
        def broken(case: Case) -> str:
            if len(case.kernels) < n:
                return f"there are {len(case.kernels)} kernels"
            return law.broken(replace(case, kernels=(case.kernels[n - 1],)))

        return Law(f"kernel {n}: {law.words}", broken)

    return tuple(map(narrowed, laws))


def after(n: int, *laws: Law) -> tuple[Law, ...]:
    """Claim the laws of the kernels after the first n."""

    def narrowed(law: Law) -> Law:
        return Law(
            f"kernels from {n + 1}: {law.words}",
            lambda case: law.broken(replace(case, kernels=case.kernels[n:])),
        )

    return tuple(map(narrowed, laws))
