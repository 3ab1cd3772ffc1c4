"""Ourselves, one step at a time: what a pipeline is held against."""

from __future__ import annotations

from typing import Any

from imgkernels.bench.agreement import Allowance
from imgkernels.bench.matrix import Case
from imgkernels.bench.peers.peer import Job, Peer
from imgkernels.bench.subject import REPEAT, pipeline_of
from imgkernels.pipeline import Pipeline
from imgkernels.values import Array

_ROUNDED = Allowance("rounds and clips after each step", levels=255, share=1.0)


def steps(_: Any, case: Case, x: Array) -> Job:
    """Apply one filter after the other, as one would without pipelines."""
    singles = [Pipeline((step,)) for step in pipeline_of(case).steps]

    def run() -> Array:
        y = x
        for single in singles:
            y = single(y, border=case.border, repeat=REPEAT)
        return y

    return Job(run, Allowance() if case.dtype == "float32" else _ROUNDED)


ONE_BY_ONE = Peer("one by one", "imgkernels", "imgkernels", {"steps": steps})
