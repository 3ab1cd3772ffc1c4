"""One row: results compared first, then ours, a plain copy and every peer timed by turns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imgkernels.bench import subject
from imgkernels.bench.agreement import difference
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers import ONE_BY_ONE, Cannot, Job, Peer, peer_named
from imgkernels.bench.timing import Budget, interleaved, quarters, ratios
from imgkernels.engine.planner import heard

Row = dict[str, Any]
QUICK, FULL = Budget(0.4, 9), Budget(0.7, 15)
_OURS, _COPY = "ours", "copy"


def measured(case: Case, against: Sequence[Peer] | None, budget: Budget) -> Row:
    """Return a row of figures; times are the lower quartile, median, upper quartile in ms."""
    x = subject.picture(case)
    run = subject.ours(case, x)
    jobs, cannot = _jobs(case, x, against)
    with heard() as methods:
        answer = run()
    agreement = {name: difference(answer, job.run(), job.allowed) for name, job in jobs.items()}
    room = np.empty_like(x)
    calls: dict[str, Callable[[], Any]] = {_OURS: run, _COPY: lambda: np.copyto(room, x)}
    times = interleaved(calls | {name: job.run for name, job in jobs.items()}, budget)
    peers = {
        name: {
            "ms": _ms(times[name]),
            "ratio": quarters(ratios(times[name], times[_OURS])),
            "agrees": agreement[name].agrees,
            "differs": agreement[name].said,
        }
        for name in jobs
    }
    return {
        **_facts(case), "plan": subject.plan_of(case, methods), "ms": _ms(times[_OURS]),
        "copy ms": _ms(times[_COPY]), "rounds": len(times[_OURS]), "peers": peers,
        "cannot": cannot,
    }  # fmt: skip


def _jobs(
    case: Case, x: Any, against: Sequence[Peer] | None
) -> tuple[dict[str, Job], dict[str, str]]:
    """Return the peers' calls, and why the others have none."""
    jobs, cannot = {}, {}
    for peer in map(peer_named, case.peers):
        if against is not None and peer not in (*against, ONE_BY_ONE):
            continue
        try:
            jobs[peer.name] = peer.job(case, x)
        except Cannot as reason:
            cannot[peer.name] = str(reason)
    return jobs, cannot


def _facts(case: Case) -> Row:
    row = {
        "suite": case.suite, "group": case.group, "work": case.work, "amount": case.amount,
        "dtype": case.dtype, "channels": case.channels, "size": list(case.size),
        "border": case.border, "what": case.what, "where": case.where,
    }  # fmt: skip
    if case.work == "dense":
        row["macs"] = math.prod(case.shape) * int(case.amount) ** 2
    return row


def _ms(times: list[float]) -> list[float]:
    return quarters([1e3 * taken for taken in times])
