"""Two ways to run one filter side by side: their kernels, borders, casts, and what they answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from imgkernels import dialect
from imgkernels.asked import frame_of
from imgkernels.border import Border
from imgkernels.image import Image
from imgkernels.kernel import Kernel
from imgkernels.operations import (
    Cast,
    Framed,
    Margin,
    Operation,
    Overflow,
    Pointwise,
    Rank,
    Rounding,
)
from imgkernels.pipeline import Pipeline
from imgkernels.probes import BEND, STEP, Answers, answers
from imgkernels.rule import Rule
from imgkernels.step import Step
from imgkernels.values import SUPPORTED, Array

OURS = "imgkernels"


@dataclass(frozen=True)
class Side:
    """One of the two: the library (None for ours) and how it is asked for the step."""

    like: str | None
    step: Step
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """The library and its version."""
        if self.like is None:
            return OURS
        found = dialect.get(self.like)
        return f"{found.name} {found.version}"

    @property
    def call(self) -> str:
        """The call in its own words."""
        return str(self.step) if self.like is None else self._rule.call

    @property
    def _rule(self) -> Rule:
        return dialect.get(self.like or "").rule(self.step.filter)

    @property
    def borders(self) -> tuple[Border, ...]:
        """The borders that it has, its own first."""
        return tuple(Border) if self.like is None else self._rule.borders

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes that it takes."""
        if self.like is None:
            return SUPPORTED
        found: tuple[str, ...] = self._rule.dtypes or dialect.get(self.like).dtypes
        return found

    def run(self, picture: Image, **more: Any) -> Image:
        """Filter a picture; `more` are options that go before those it was asked with."""
        return Pipeline((self.step,))(picture, like=self.like, **self.options | more)

    def operation(self, picture: Image) -> Operation:
        """Return what it does to such a picture, in the border that it does it with."""
        given = {k: v for k, v in self.options.items() if k in ("border", "border_value")}
        frame = frame_of(picture, Pipeline((self.step,)), like=self.like, **given)
        made = self.step.operation(replace(frame, result=picture.pixels.dtype))
        return made if isinstance(made, Framed) else Framed(made, frame.border)


@dataclass(frozen=True)
class Contrast:
    """One rule, as the first and as the second library has it."""

    rule: str
    first: str
    second: str

    @property
    def differs(self) -> bool:
        """Whether they are not the same."""
        return self.first != self.second


def contrasts(first: Side, second: Side, picture: Image) -> Iterator[Contrast]:
    """Yield every rule, as both have it."""
    sides = (first, second)
    made = [side.operation(picture) for side in sides]
    for rule, words in (("kernels", _kernels), ("border", _edge), ("stored", _stores)):
        yield Contrast(rule, *(words(operation) for operation in made))
    if picture.axes in ("yx", "yxc"):
        level = 2 / picture.white if picture.pixels.dtype.kind in "iu" else 1e-6
        yield from _behaviour(level, *(answers(partial(_floats, s), picture) for s in sides))
    if picture.alpha:
        yield Contrast("alpha", *map(_alpha, sides))
    yield Contrast("dtypes", *(", ".join(side.dtypes) for side in sides))


def _floats(side: Side, probe: Image) -> Array:
    """Filter a probe, and keep the answer's sign where the library has it."""
    wish = {} if "range" in side.options else {"dtype": "float64"}
    return side.run(probe, **wish).pixels


def _behaviour(level: float, one: Answers, other: Answers) -> Iterator[Contrast]:
    """Say what both answer on probes, where either answers more than levels may be off."""
    yield Contrast("reach of a pixel", one.reach, other.reach)
    for name, (words, unit) in _PROBES.items():
        a, b = getattr(one, name), getattr(other, name)
        least = 1.01 * level / unit
        if max(abs(a), abs(b)) > least:
            alike = abs(a - b) <= least * max(1, abs(a))
            yield Contrast(words, f"{a:.3g}", f"{a if alike else b:.3g}")
    yield Contrast("orientation", "as it is", other.turn_to(one))


_PROBES = {
    "grey": ("an even grey, times", 0.5),
    "rising_x": ("brighter to the right", STEP),
    "falling_x": ("darker to the right", STEP),
    "rising_y": ("brighter downwards", STEP),
    "falling_y": ("darker downwards", STEP),
    "peak": ("a peak", BEND),
    "valley": ("a valley", BEND),
}


def _parts(operation: Operation) -> Iterator[Operation]:
    """Yield an operation and all that it is made of, in order."""
    yield operation
    for field in fields(operation):  # type: ignore[arg-type]
        value = getattr(operation, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if hasattr(part, "run") and hasattr(part, "kernels"):
                yield from _parts(part)


def _kernels(operation: Operation) -> str:
    ranks = (part for part in _parts(operation) if isinstance(part, Rank))
    said = [_size(kernel) for kernel in operation.kernels]
    said += [f"place {part.rank + 1} of {part.members} pixels" for part in ranks]
    return _counted(said) or "none"


def _size(kernel: Kernel) -> str:
    digits = 12 if kernel.sum.is_integer() else 4
    return f"{' x '.join(map(str, kernel.shape))} of sum {kernel.sum:.{digits}g}"


def own_border(operation: Operation) -> Border:
    """Return the border of a side's operation, or that of the library's call around it."""
    return next(part.border for part in _parts(operation) if isinstance(part, Framed))


def _edge(operation: Operation) -> str:
    margins = [part.margins for part in _parts(operation) if isinstance(part, Margin)]
    kept = f", {max(map(max, margins[0]))} px at the edge stay as they were" if margins else ""
    # The innermost says what lies beyond: erosion sees nothing that could win.
    framed = [part for part in _parts(operation) if isinstance(part, Framed)][-1]
    value = f" {framed.value:g}" if framed.value is not None else ""
    return f"{framed.border}{value}{kept}"


def _stores(operation: Operation) -> str:
    """Say every time that whole numbers are made, and how: by a rule, or by a curve before."""
    said, before = [], operation
    for part in _parts(operation):
        if isinstance(part, Cast) and np.dtype(part.dtype).kind in "iu":
            said.append(_cast(part, before))
        before = part
    return _counted(said) or "floats, rounded half-even once at the end"


def _cast(cast: Cast, before: Operation) -> str:
    if isinstance(before, Pointwise) and cast.rounding is Rounding.HALF_EVEN:
        return f"{cast.dtype} {before.curve.__name__.replace('_', ' ')}"
    wraps = ", wraps" if cast.overflow is Overflow.WRAP else ""
    return f"{cast.dtype} {cast.rounding}{wraps}"


def _alpha(side: Side) -> str:
    kept = side.like is not None and dialect.get(side.like).alpha
    return "a channel like the others" if kept else "apart: weighed in where colours are averaged"


def _counted(said: list[str]) -> str:
    return "; ".join(f"{n} times {text}" if n > 1 else text for text, n in Counter(said).items())
