"""Pipelines as TOML: read with all that is wrong said at once, written without the defaults."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgkernels import dialect, filters
from imgkernels.border import Border
from imgkernels.channels import Channels, parse_channels
from imgkernels.engine.verbs import finite_value
from imgkernels.errors import ImgkernelsError, InvalidValue, unknown
from imgkernels.kernel import Kernel
from imgkernels.missing import parse_nan
from imgkernels.operations import Nan
from imgkernels.operations.ranges import parse_range
from imgkernels.param import Knob
from imgkernels.small_file import small_text
from imgkernels.step import Problems, Step, build_step, limited, path_of, read_step, refuse

if TYPE_CHECKING:
    from imgkernels.pipeline import Pipeline

_DEFAULTS = {
    "name": "",
    "summary": "",
    "border": None,
    "border_value": 0.0,
    "range": None,
    "like": None,
    "channels": Channels.EACH,
    "nan": Nan.PROPAGATE,
}
_KEYS = (*_DEFAULTS, "steps")


def text_of(path: Path) -> str:
    """Return what a file says; raise `FileProblem` where it cannot be read or is too long."""
    return small_text(path, "a pipeline")


def read_toml(text: str, who: str) -> dict[str, Any]:
    """Return the fields of a pipeline; raise `InvalidValue` with everything that is wrong."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidValue(f"{who}: is no TOML: {error}") from None
    problems: Problems = []
    for key in table.keys() - set(_KEYS):
        problems.append((key, str(unknown("key", key, _KEYS))))
    settings = _settings(table, problems)
    raw = table.get("steps")
    if not isinstance(raw, list):
        problems.append(("steps", "must be a list of tables: [[steps]] for each filter"))
        raw = []
    steps: list[Step] = []
    for position, entry in enumerate(limited(raw) if raw else []):
        made, wrong = _from_entry(entry)
        problems += [(path_of(position, where), text) for where, text in wrong]
        steps += [made] if made else []
    if isinstance(table.get("steps"), list) and not table["steps"]:
        problems.append(("steps", "must hold at least one step"))
    refuse(problems, who)
    return {"steps": tuple(steps), **settings}


def _from_entry(entry: object) -> tuple[Step | None, Problems]:
    if isinstance(entry, str):
        return read_step(entry)
    if not isinstance(entry, dict) or len(entry) != 1:
        return None, [("", "must name one filter: blur = { sigma = 2 }")]
    ((name, given),) = entry.items()
    if not isinstance(given, dict):
        return None, [(name, f"must be a table of parameters, {{}} for none; got {given!r}")]
    return build_step(name, given)


def _settings(table: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """Read the keys beside the steps; add what is wrong with them to the problems."""
    parsers: dict[str, Callable[[Any], Any]] = {
        "name": _word,
        "summary": _word,
        "border": Border.parse,
        "border_value": finite_value,
        "range": parse_range,
        "like": dialect.parse,
        "channels": parse_channels,
        "nan": parse_nan,
    }
    found = {}
    for key, parse in parsers.items():
        if key in table:
            try:
                found[key] = parse(table[key])
            except ImgkernelsError as error:
                problems.append((key, str(error)))
    return found


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue(f"must be text; got {value!r}")
    return value


def pipeline_to_toml(pipeline: Pipeline) -> str:
    """Write a pipeline as TOML, leaving out what is at its default."""
    lines = [
        f"{key} = {_value(getattr(pipeline, key))}"
        for key, default in _DEFAULTS.items()
        if getattr(pipeline, key) != default
    ]
    return "\n".join([*lines, *map(_table, pipeline.steps)]).strip() + "\n"


def _table(step: Step) -> str:
    knobs = {knob.name: knob for knob in filters.get(step.filter).params}
    pairs = [f"{name} = {_value(value, knobs[name])}" for name, value in step.params]
    inside = f" {', '.join(pairs)} " if pairs else ""
    key = json.dumps(step.filter) if filters.is_opened(step.filter) else step.filter
    return f"\n[[steps]]\n{key} = {{{inside}}}"


def _value(value: Any, knob: Knob | None = None) -> str:
    if isinstance(value, Kernel) and knob is not None:
        return json.dumps(knob.text(value))
    if isinstance(value, str):
        return json.dumps(str(value))
    return repr(value).lower() if isinstance(value, bool) else repr(value)
