"""`imgkernels bench --calibrate`: how far this machine is from the costs that are shipped.

Methods are timed on a grid of problems: dtypes, one channel and three, small and large images,
windows from 3 to 101, kernels of each kind. What is kept is the time over the estimate.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from imgkernels import kernels
from imgkernels.bench import probing
from imgkernels.bench.timing import Budget
from imgkernels.engine import Problem, calibration
from imgkernels.engine.machine import identity
from imgkernels.engine.methods import Method
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files.atomic import replace_file
from imgkernels.kernel import Kernel

_DTYPES = ("uint8", "uint16", "float32")
_BUDGET = Budget(0.08, 7, least=3)
_FAR = 8.0  # methods estimated so many times slower than the best one are not timed
_LONGEST = 0.5  # seconds of an estimate beyond which a method is not timed


def probes() -> Iterator[Problem]:
    """Return the problems that methods are timed on, one after the other."""
    for dtype, channels, side in itertools.product(_DTYPES, (1, 3), (160, 1024)):
        for kernel in _kernels(2):
            yield Problem.of_kernel((1, side, side, channels), np.dtype(dtype), kernel)
    for side in (24, 96):
        for kernel in _kernels(3):
            yield Problem.of_kernel((1, side, side, side, 1), np.dtype(np.float32), kernel)


def _kernels(ndim: int) -> Iterator[Kernel]:
    dice = np.random.default_rng(0)
    dense = (3, 5, 9, 15, 31, 61) if ndim == 2 else (3, 5)
    for size in dense:
        yield Kernel(dice.random((size,) * ndim) / size**ndim)
        if size > 3 and ndim == 2:  # a sum of two products, for those who have a way with it
            yield Kernel(sum(np.outer(*rows) for rows in dice.random((2, 2, size))) / size**2)
    for size in (3, 9, 17, 41, 101) if ndim == 2 else (5, 13):
        yield kernels.gaussian(size / 8, ksize=size, ndim=ndim)
    if ndim == 2:
        for sigma in (1.0, 3.0):
            yield kernels.unsharp((sigma, sigma), 1.0)
    for size in (3, 9, 31) if ndim == 2 else (3,):
        yield kernels.box(size, ndim=ndim)


def measured(tell: Callable[[int], None], clock: probing.Clock | None = None) -> dict[str, Any]:
    """Return a calibration as a file has it; `tell` is told the number of each probe."""
    take = clock or (lambda problem, methods: probing.clocked(problem, methods, _BUDGET))
    points: dict[str, dict[str, dict[int, dict[int, float]]]] = {}
    for number, problem in enumerate(probes(), start=1):
        costs = {m.name: m.cost(problem) for m in probing.fitting(problem)}
        for name, seconds in take(problem, _worth(problem, costs)).items():
            regimes = points.setdefault(name, {}).setdefault(calibration.regime(problem), {})
            curve = regimes.setdefault(int(np.prod(problem.shape)), {})
            factor = seconds / costs[name]
            if 1 / calibration.WIDEST <= factor <= calibration.WIDEST:
                curve.setdefault(max(problem.window), factor)
        tell(number)
    return {
        "format": calibration.FORMAT,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": identity(),
        "factors": _listed(points),
    }


def _worth(problem: Problem, costs: dict[str, float]) -> list[Method]:
    """Return the methods that may be chosen and do not take long."""
    near = probing.near(problem, lambda method: costs[method.name], _FAR)
    return [method for method in near if costs[method.name] <= _LONGEST]


def _listed(points: dict[str, Any]) -> dict[str, Any]:
    return {
        method: {
            name: {
                str(size): [[w, float(f"{curve[w]:.4g}")] for w in sorted(curve)]
                for size, curve in surface.items()
                if curve
            }
            for name, surface in regimes.items()
            if any(surface.values())
        }
        for method, regimes in points.items()
    }


def write(table: dict[str, Any]) -> Path:
    """Keep a calibration where planning will find it, whole or not at all; return the path."""
    place = calibration.path()
    if place is None:
        raise InvalidValue(f"bench: {calibration.VARIABLE} is off: nothing would be read")
    try:
        os.makedirs(place.parent, exist_ok=True)
        replace_file(place, (json.dumps(table, indent=1) + "\n").encode())
    except FileProblem as error:
        raise FileProblem(f"{place}: {error}") from error
    except OSError as error:
        raise FileProblem(f"{place.parent}: {error.strerror}") from error
    return place
