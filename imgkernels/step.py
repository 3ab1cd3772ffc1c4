"""One step of a pipeline: a filter's name and its parameters, as a value and as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from imgkernels import dialect, filters
from imgkernels.errors import ImgkernelsError, InvalidValue, UnsupportedImage
from imgkernels.operations import Frame, Operation

Problems = list[tuple[str, str]]

MOST_STEPS = 1000


@dataclass(frozen=True)
class Step:
    """A filter with the parameters that differ from its defaults.

    Two steps that do the same are equal, however they were written.

    >>> Step.parse("median:size=5")
    Step('median:size=5')
    """

    filter: str
    params: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, name: str, given: Mapping[str, object] | None = None) -> Step:
        """Make a step; raise `UnknownName` or `InvalidValue` for what is not in the catalogue."""
        entry = filters.get(name)
        settings = entry.checked(given or {})
        # Rules between parameters show here, before any pixel; whether it fits the image, later.
        with suppress(UnsupportedImage):
            entry.operation(None, **settings)
        changed = (
            (k.name, settings[k.name]) for k in entry.params if settings[k.name] != k.default
        )
        return cls(entry.name, tuple(changed))

    @classmethod
    def parse(cls, text: str) -> Step:
        """Read `filter` or `filter:param=value,param=value`."""
        step, problems = read_step(text)
        if step is None:
            raise InvalidValue("; ".join(f"{path}: {text}" for path, text in problems))
        return step

    def operation(self, frame: Frame) -> Operation:
        """Return the operation for images like the frame says, in the dialect that it says."""
        # A certainty makes no difference between frames; an opened file may change.
        if frame.certainty is not None or filters.is_opened(self.filter):
            return _operation(self, frame)
        return _kept_operation(self, frame)

    def __str__(self) -> str:
        knobs = {knob.name: knob for knob in filters.get(self.filter).params}
        words = [f"{name}={knobs[name].text(value)}" for name, value in self.params]
        return f"{self.filter}:{','.join(words)}" if words else self.filter

    def __repr__(self) -> str:
        return f"Step({str(self)!r})"


def _operation(step: Step, frame: Frame) -> Operation:
    if frame.like is not None:
        return dialect.operation(step.filter, dict(step.params), frame)
    return filters.get(step.filter).operation(frame, **dict(step.params))


_kept_operation = lru_cache(maxsize=64)(_operation)


def read_step(text: str) -> tuple[Step | None, Problems]:
    """Read a step from text; return it, or everything that is wrong with it."""
    if filters.is_opened(text):
        return build_step(text.strip(), {})
    name, _, rest = text.strip().partition(":")
    words = [word for word in rest.split(",") if word.strip()]
    given = {key.strip(): value for key, _, value in (word.partition("=") for word in words)}
    return build_step(name.strip(), given)


def build_step(name: str, given: Mapping[str, object]) -> tuple[Step | None, Problems]:
    """Make a step from a name and values (text is parsed); return it, or all that is wrong."""
    try:
        entry = filters.get(name)
    except ImgkernelsError as error:
        return None, [("", str(error))]
    knobs = {knob.name: knob for knob in entry.params}
    keys = {key: key.replace("-", "_") for key in given}
    values: dict[str, object] = {}
    problems: Problems = []
    for key, value in given.items():
        knob = knobs.get(keys[key])
        try:
            parsed = knob.parse(value) if knob and isinstance(value, str) else value
        except InvalidValue as error:
            problems.append((f"{name}.{key}", str(error)))
            continue
        values[keys[key]] = parsed
    wrong = {path.partition(".")[2] for path, _ in problems}
    problems += [(f"{name}.{k}", t) for k, t in entry.problems(values) if k not in wrong]
    if problems:
        return None, problems
    try:
        return Step.of(name, values), []
    except ImgkernelsError as error:
        return None, [(name, str(error))]


def limited(steps: Iterable[Any]) -> list[Any]:
    """Return the steps as a list; raise `InvalidValue` for none and for too many."""
    found = list(steps)
    if not 1 <= len(found) <= MOST_STEPS:
        raise InvalidValue(f"pipeline: must have 1 to {MOST_STEPS} steps; got {len(found)}")
    return found


def path_of(position: int, where: str) -> str:
    """Return where in a pipeline something is: steps.0.blur.sigma."""
    return f"steps.{position}" + (f".{where}" if where else "")


def refuse(problems: Problems, who: str = "pipeline") -> None:
    """Raise `InvalidValue` with a line for each problem, if there are any."""
    if problems:
        raise InvalidValue("\n".join(f"{who}: {path}: {text}" for path, text in problems))
