"""How a problem is computed: the methods weighed, the cheapest chosen, the reason kept."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.engine import calibration, nonfinite
from imgkernels.engine.calibration import Calibration
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods import METHODS, Compiling, Finishing, Method, method_named
from imgkernels.engine.problem import Problem
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.values import Array, Floats, checked_array

_listeners: list[list[str]] = []


@dataclass(frozen=True)
class Candidate:
    """One method that was looked at: its estimated seconds, or what stands in its way.

    `start` of the seconds are spent once, before the first image.
    """

    method: str
    seconds: float | None
    obstacle: str | None = None
    start: float = 0.0

    def __str__(self) -> str:
        if self.seconds is None:
            return f"{self.method:<10} -           {self.obstacle}"
        once = f", {self.start * 1e3:.0f} of them to compile" if self.start else ""
        return f"{self.method:<10} {self.seconds * 1e3:>8.3f} ms{once}"


@dataclass(frozen=True)
class Plan:
    """A problem with the method that will compute it; call it with an image, print it to see why.

    >>> from imgkernels import kernels, plan
    >>> print(plan((64, 64), kernels.gaussian(1.0), dtype="float32", method="im2col").method)
    im2col
    """

    problem: Problem
    method: str
    considered: tuple[Candidate, ...]
    reason: str
    has_channels: bool = True

    def __call__(self, image: npt.ArrayLike, result: np.dtype[np.generic] | None = None) -> Array:
        """Run on an image of the shape and dtype planned for; round once, to it or to `result`."""
        problem, x = self.problem, checked_array(image)
        channels = (problem.channels,) if self.has_channels else ()
        if x.shape != problem.space + channels or x.dtype != problem.dtype:
            raise UnsupportedImage(
                f"plan: made for {problem.space + channels} {problem.dtype.name}; "
                f"got {x.shape} {x.dtype.name}"
            )
        y = finished([self], x.reshape(problem.shape), Finish(result=result or x.dtype))
        return y.reshape(problem.out_space + channels)

    def run(self, x: Array, weights: Array | None = None) -> Floats:
        """Compute `(N, *space, C)` with the planned method, unrounded, in the compute dtype."""
        problem = self.problem
        if problem.empty:
            return np.zeros(problem.out_shape, problem.compute)
        tell(self.method)
        method = method_named(self.method)
        if problem.kernel is None or (isinstance(method, Compiling) and method.ieee):
            return method.run(problem, x, weights)
        return nonfinite.guarded(problem, x, lambda finite: method.run(problem, finite, None))

    def __str__(self) -> str:
        p = self.problem
        what = "x".join(map(str, p.window)) + (" separable" if _separable(p) else "")
        lines = [
            f"problem    {what} kernel on {'x'.join(map(str, p.space))} {p.dtype.name}, "
            f"{p.channels} channel{'s' * (p.channels != 1)}, border {p.border}, extent {p.extent}, "
            f"computed in {p.compute.name}",
            f"method     {self.method}: {method_named(self.method).summary}",
            f"because    {self.reason}",
            f"costs      {calibration.current().origin}",
            "considered " + "\n           ".join(map(str, self.considered)),
        ]
        return "\n".join(lines)


def finished(plans: Sequence[Plan], x: Array, finish: Finish) -> Array:
    """Run the plans on one `(N, *space, C)` and finish their sums, in one loop where one can."""
    problems = [plan.problem for plan in plans]
    method = method_named(plans[0].method)
    together = len({plan.method for plan in plans}) == 1 and not problems[0].empty
    if together and isinstance(method, Finishing) and method.finishes(problems, x, finish):
        tell(method.name)
        if isinstance(method, Compiling):
            return method.finished(problems, x, finish)
        return nonfinite.finished(
            problems, x, lambda found: method.finished(problems, found, finish)
        )
    return finish.of([plan.run(x) for plan in plans])


def tell(*methods: str) -> None:
    """Let those who listen know what runs."""
    for names in _listeners:
        names.extend(methods)


def _separable(problem: Problem) -> bool:
    return problem.kernel is not None and problem.kernel.factors is not None and problem.ndim > 1


@functools.lru_cache(256)
def plan_for(problem: Problem, method: str = "auto", repeat: int = 1) -> Plan:
    """Choose a method for a problem: the one asked for, or the cheapest that fits.

    Raises `UnknownName` for a method there is none of, `InvalidValue` for one that cannot do this
    problem, with the reason.
    """
    if method != "auto":
        asked = method_named(method)
        obstacle = _obstacle(asked, problem)
        if obstacle is not None:
            raise InvalidValue(f"method {asked.name} cannot do this: {obstacle}")
        chosen = _candidate(asked, problem, repeat, calibration.current())
        return Plan(problem, asked.name, (chosen,), "asked for by name")
    considered = ranked(problem, repeat, calibration.current())
    best = considered[0]
    runner_up = next((c for c in considered[1:] if c.seconds is not None), None)
    reason = "the only one that fits"
    if runner_up is not None and runner_up.seconds is not None and best.seconds:
        reason = f"estimated {runner_up.seconds / best.seconds:.1f}x faster than {runner_up.method}"
    return Plan(problem, best.method, considered, reason)


def ranked(problem: Problem, repeat: int, costs: Calibration) -> tuple[Candidate, ...]:
    """Return every method as it is estimated, the cheapest first, those with an obstacle last."""
    looked_at = [_candidate(method, problem, repeat, costs) for method in METHODS]
    return tuple(sorted(looked_at, key=lambda c: (c.seconds is None, c.seconds or 0.0)))


def _obstacle(method: Method, problem: Problem) -> str | None:
    return method.missing() or method.obstacle(problem)


def _candidate(method: Method, problem: Problem, repeat: int, costs: Calibration) -> Candidate:
    obstacle = _obstacle(method, problem)
    if obstacle is not None:
        return Candidate(method.name, None, obstacle)
    # Starting counts whether or not this process has compiled already: the choice, and with it the
    # bytes, must not depend on what ran before.
    start = method.start(problem) if isinstance(method, Compiling) else 0.0
    seconds = costs.factor(method.name, problem) * method.cost(problem)
    return Candidate(method.name, start + seconds * repeat, start=start)


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Collect the names of the methods that run inside, from whatever thread."""
    names: list[str] = []
    _listeners.append(names)
    try:
        yield names
    finally:
        _listeners.remove(names)
