"""What every peer can be asked: whether it is here, and how it does the same job."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.machine import version
from imgkernels.bench.matrix import Case
from imgkernels.values import Array, saturate

Run = Callable[[], Array]


class Cannot(Exception):
    """A peer cannot do this case; the text says why."""


@dataclass(frozen=True)
class Job:
    """The call that does the case's work with a peer, and by how much its answer may differ."""

    run: Run
    allowed: Allowance = field(default_factory=Allowance)


Maker = Callable[[Any, Case, Array], Job]


@dataclass(frozen=True)
class Peer:
    """A library and the works it can do: each a function of its module, the case, the picture."""

    name: str
    package: str
    module: str
    works: Mapping[str, Maker]
    depends: tuple[str, ...] = ()
    also: Callable[[Case], str | None] = lambda case: None

    def load(self) -> ModuleType | None:
        """Return its module, or None where it is missing or cannot be loaded."""
        try:
            return importlib.import_module(self.module)
        except (ImportError, OSError):  # a library behind it may be missing
            return None

    @property
    def version(self) -> str | None:
        """Its version, or None where it is not installed."""
        return next((v for name in (self.package, *self.depends) if (v := version(name))), None)

    def job(self, case: Case, x: Array) -> Job:
        """Return its way of doing a case; raise `Cannot` with the reason where there is none."""
        module = self.load()
        if module is None:
            raise Cannot("is not installed")
        if case.work not in self.works:
            raise Cannot(f"has no {case.work}")
        reason = self.also(case)
        if reason is not None:
            raise Cannot(reason)
        return self.works[case.work](module, case, x)


def among(value: Any, known: Mapping[Any, Any], what: str) -> Any:
    """Return what a library calls a value; raise `Cannot` where it has no word for it."""
    if value not in known:
        raise Cannot(f"has no {what} {value}")
    return known[value]


def rounded(y: Array, case: Case) -> Array:
    """Return floats in the dtype of the case, as each of its users has to do."""
    return saturate(y, np.dtype(case.dtype))
