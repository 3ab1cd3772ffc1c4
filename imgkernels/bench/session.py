"""A run of the bench: suites in order, limits between the rows, everything in one record."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from imgkernels.bench import files, matrix, scaling
from imgkernels.bench.limits import Limits
from imgkernels.bench.machine import provenance
from imgkernels.bench.matrix import Case
from imgkernels.bench.measure import FULL, QUICK, Row, measured
from imgkernels.bench.peers import LIBRARIES, ONE_BY_ONE, Peer
from imgkernels.engine.methods import METHODS
from imgkernels.errors import MissingDependency, unknown

SUITES = ("filters", "volumes", "pipelines", "files", "nn", "scaling")
_QUICK_SECONDS = 105
_EVERY = 6  # rows between two samples of the limits


@dataclass(frozen=True)
class Wish:
    """What is to be measured: suites (none: all), how long, against whom (None: all there are)."""

    suites: tuple[str, ...] = SUITES
    quick: bool = False
    against: tuple[Peer, ...] | None = None

    def __post_init__(self) -> None:
        for name in self.suites:
            if name not in SUITES:
                raise unknown("suite", name, SUITES)

    def concerns(self, case: Case) -> bool:
        """Whether any of the peers that are asked has a part in a case, or ourselves have."""
        names = {peer.name for peer in (ONE_BY_ONE, *(self.against or LIBRARIES))}
        return bool(names & set(case.peers))


def record_of(wish: Wish, tell: Callable[[Row], None], note: Callable[[str], None]) -> Row:
    """Measure all that is wished for, telling each row as it comes; return the record."""
    limits, rows = Limits(), []
    limits.sample()
    started = time.perf_counter()
    for number, row in enumerate(_rows(wish, note), start=1):
        rows.append(row)
        tell(row)
        if number % _EVERY == 0:
            limits.sample()
        if wish.quick and time.perf_counter() - started > _QUICK_SECONDS:
            note("two minutes are over; what was to come is left out")
            break
    limits.sample()
    return {
        **about(), "suites": list(wish.suites), "quick": wish.quick, "limits": limits.facts(),
        "rows": rows,
    }  # fmt: skip


def about() -> Row:
    """Return the provenance of a record, with the methods that this machine has."""
    packages = ("numpy", "halide", "threadpoolctl", *(peer.package for peer in LIBRARIES))
    ready = [method.name for method in METHODS if method.missing() is None]
    return {**provenance(*packages), "methods": ready, "halide": "halide" in ready}


def _rows(wish: Wish, note: Callable[[str], None]) -> Iterator[Row]:
    budget = QUICK if wish.quick else FULL
    cases = (matrix.cases(suite, wish.quick) for suite in wish.suites)
    for case in itertools.chain.from_iterable(cases):
        if wish.concerns(case):
            yield measured(case, wish.against, budget)
    others: dict[str, Callable[[], Iterable[Row]]] = {
        "files": lambda: files.rows(wish.quick, wish.against),
        "nn": lambda: _nets(wish.quick),
        "scaling": lambda: scaling.rows(wish.quick),
    }
    for suite, make in others.items():
        if suite in wish.suites:
            try:
                yield from make()
            except MissingDependency as error:
                note(f"suite {suite} left out: {error}")


def _nets(quick: bool) -> Iterable[Row]:
    from imgkernels.bench import networks

    return networks.rows(quick)
