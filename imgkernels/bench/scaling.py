"""How time grows with pixels and with the window, and what a second core brings."""

from __future__ import annotations

import gc
import itertools
import json
import math
import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from imgkernels.bench import process, subject
from imgkernels.bench.matrix import Case, matrix, size_of
from imgkernels.bench.measure import Row
from imgkernels.bench.timing import Budget, interleaved, quarters
from imgkernels.cores import cores
from imgkernels.engine.planner import heard

_BUDGET = Budget(0.3, 9)
_QUICK_MOST = 1e7  # samples of a picture
_CHILD = "from imgkernels.bench.scaling import child; child()"


def rows(quick: bool) -> Iterator[Row]:
    """Return a row for each ladder, and one for each work on one core and on all."""
    for ladder in matrix()["ladder"]:
        if not quick or ladder.get("quick"):
            yield _ladder(ladder, _QUICK_MOST if quick else math.inf)
    if cores() > 1 and hasattr(os, "sched_setaffinity"):
        yield from _threads(1 if quick else 3, quick)


def _ladder(ladder: dict[str, Any], most: float) -> Row:
    """Climb a ladder: the time of each rung, and the largest cliff between two of them."""
    cases = [
        Case("scaling", "ladder", ladder["work"], amount, ladder["dtype"], ladder["channels"],
             size_of(size), "reflect")
        for amount in ladder["amounts"] for size in ladder["sizes"]
    ]  # fmt: skip
    cases = [case for case in cases if case.samples <= most]
    # All rungs by turns would hold all pictures at once: two neighbours share a round instead.
    pairs = [_pair(a, b) for a, b in itertools.pairwise(cases)]
    times = [pairs[0][0], *(b for _, b in pairs)]
    pixels = len(ladder["sizes"]) > 1
    at = [case.samples / case.channels / 1e6 if pixels else case.amount for case in cases]
    steps = [
        cliff(b / a, growth(one, other))
        for (a, b), (one, other) in zip(pairs, itertools.pairwise(cases), strict=True)
    ]
    worst = int(np.argmax(steps))
    return {
        "suite": "scaling", "group": "ladder", "what": ladder["name"],
        "where": "against megapixels" if pixels else "against the window",
        "work": ladder["work"], "at": [round(x, 3) for x in at],
        "ms": [float(f"{1e3 * t:.4g}") for t in times],
        "plans": [_plan(case) for case in cases],
        "cliff": round(steps[worst], 2), "between": [round(at[worst], 3), round(at[worst + 1], 3)],
    }  # fmt: skip


def _plan(case: Case) -> str:
    run = subject.ours(case, subject.picture(case))
    with heard() as methods:
        run()
    return subject.plan_of(case, methods)


def _pair(one: Case, other: Case) -> tuple[float, float]:
    """Return the median seconds of two neighbours, measured by turns."""
    gc.collect()
    runs = {
        n: subject.ours(case, subject.picture(case))
        for n, case in zip("01", (one, other), strict=True)
    }
    times = interleaved(runs, _BUDGET)
    return float(np.median(times["0"])), float(np.median(times["1"]))


def growth(one: Case, other: Case) -> float:
    """Return how many times as much work the other is, at most: pixels times taps."""
    wider = other.amount / one.amount
    return other.samples / one.samples * (wider if one.work == "gaussian" else wider**2)


def cliff(step: float, most: float) -> float:
    """Return how far a step in time is from what the work explains: from no growth to `most`.

    >>> cliff(3.0, 2.0), cliff(1.7, 2.0), cliff(0.5, 2.0)
    (1.5, 1.0, 2.0)
    """
    return max(step / most, 1 / step, 1.0)


def _threads(rounds: int, quick: bool) -> Iterator[Row]:
    """Run the works in processes held to one core and in free ones, by turns."""
    found = [(_in_child("one", quick), _in_child("all", quick)) for _ in range(rounds)]
    one, all_ = zip(*found, strict=True)
    for name in one[0]:
        gains = [a[name] / b[name] for a, b in zip(one, all_, strict=True)]
        work, where = name.split("|")
        yield {
            "suite": "scaling", "group": "threads", "what": work, "where": where,
            "ms": quarters([1e3 * taken[name] for taken in all_]),
            "one core ms": quarters([1e3 * taken[name] for taken in one]),
            "gain": quarters(gains), "cores": cores(),
        }  # fmt: skip


def _in_child(word: str, quick: bool) -> dict[str, float]:
    words = process.python(_CHILD, word, "quick" if quick else "full")
    found: dict[str, float] = json.loads(process.ran(words))
    return found


def child() -> None:
    """In a process of its own: print the seconds of each work as JSON."""
    if sys.argv[1] == "one":
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    found = {}
    for case in _thread_cases()[: 2 if sys.argv[2] == "quick" else None]:
        run = subject.ours(case, subject.picture(case))
        times = interleaved({"ours": run}, Budget(0.5, 7))["ours"]
        found[f"{case.what}|{case.where}"] = float(np.median(times))
    print(json.dumps(found))


def _thread_cases() -> list[Case]:
    asked = matrix()["threads"]
    channels, size = asked["channels"], size_of(asked["size"])
    return [
        Case("scaling", "threads", work, amount, dtype, channels, size, "reflect")
        for work, amount, dtype in asked["works"]
    ]
