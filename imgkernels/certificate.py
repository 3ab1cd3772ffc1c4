"""A certificate: whom to cite, what an entry computes, its kernels examined, its laws checked."""

from __future__ import annotations

from dataclasses import dataclass

from imgkernels.examination import Examination, examine
from imgkernels.law import Case, Law
from imgkernels.sources import Source


@dataclass(frozen=True)
class Verdict:
    """A law in words, and what was found instead; nothing where it holds."""

    law: str
    broken: str

    @property
    def holds(self) -> bool:
        """Whether the law holds."""
        return not self.broken


@dataclass(frozen=True)
class Certificate:
    """What is known of an entry of the catalogue with its parameters fixed.

    `sources` are whom to cite, or `unsourced` says why there is nobody; `formula` is what it
    computes, "matrix" where the taps are the definition; `others` is where other libraries
    disagree, `kernels` what they are by computation, `verdicts` which of its claims hold.
    """

    name: str
    sources: tuple[Source, ...]
    unsourced: str
    formula: str
    others: tuple[str, ...]
    kernels: tuple[Examination, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def holds(self) -> bool:
        """Whether every law holds."""
        return all(verdict.holds for verdict in self.verdicts)


def verdicts(case: Case, laws: tuple[Law, ...]) -> tuple[Verdict, ...]:
    """Check every law on a filter whose parameters are fixed."""
    return tuple(Verdict(law.words, law.broken(case)) for law in laws)


def examined(case: Case) -> tuple[Examination, ...]:
    """Examine every kernel."""
    return tuple(examine(kernel) for kernel in case.kernels)
