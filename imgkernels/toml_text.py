"""Pipelines as TOML, and the JSON Schema that editors check such files with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imgkernels import filters
from imgkernels.border import Border
from imgkernels.kernel import Kernel
from imgkernels.operations import Range
from imgkernels.param import Knob

if TYPE_CHECKING:
    from imgkernels.pipeline import Pipeline
    from imgkernels.step import Step

_TYPES = {"number": "number", "whole": "integer", "switch": "boolean", "kernel": "string"}


def pipeline_to_toml(pipeline: Pipeline) -> str:
    """Write a pipeline as TOML, leaving out what is at its default."""
    lines = [
        f"{key} = {_value(getattr(pipeline, key))}"
        for key, default in (("name", ""), ("summary", ""), ("border", Border.REFLECT),
                             ("border_value", 0.0), ("range", None))
        if getattr(pipeline, key) != default
    ]  # fmt: skip
    return "\n".join([*lines, *map(_table, pipeline.steps)]).strip() + "\n"


def _table(step: Step) -> str:
    knobs = {knob.name: knob for knob in filters.get(step.filter).params}
    pairs = [f"{name} = {_value(value, knobs[name])}" for name, value in step.params]
    inside = f" {', '.join(pairs)} " if pairs else ""
    return f"\n[[steps]]\n{step.filter} = {{{inside}}}"


def _value(value: Any, knob: Knob | None = None) -> str:
    if isinstance(value, Kernel) and knob is not None:
        return json.dumps(knob.text(value))
    if isinstance(value, str):
        return json.dumps(str(value))
    return repr(value).lower() if isinstance(value, bool) else repr(value)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a pipeline file, made from the catalogue."""
    steps = {entry.name: _filter_schema(entry) for entry in filters.catalogue()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "imgkernels pipeline",
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "summary": {"type": "string"},
            "border": {"enum": [border.value for border in Border], "default": "reflect"},
            "border_value": {"type": "number", "default": 0},
            "range": {"enum": [range_.value for range_ in Range]},
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1000,
                "items": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": steps,
                    "additionalProperties": False,
                },
            },
        },
        "required": ["steps"],
        "additionalProperties": False,
    }


def _filter_schema(entry: filters.Filter) -> dict[str, Any]:
    return {
        "description": entry.summary,
        "type": "object",
        "properties": {knob.name: _knob_schema(knob) for knob in entry.params},
        "required": [knob.name for knob in entry.params if knob.required],
        "additionalProperties": False,
    }


def _knob_schema(knob: Knob) -> dict[str, Any]:
    param = knob.param
    unit = f" ({param.unit})" if param.unit else ""
    limits = {
        "minimum": param.least,
        "exclusiveMinimum": param.above,
        "maximum": param.most,
        "exclusiveMaximum": param.below,
    }
    found: dict[str, Any] = {"description": param.help + unit}
    found |= {"enum": list(knob.choices)} if knob.choices else {"type": _TYPES[knob.kind]}
    found |= {key: limit for key, limit in limits.items() if limit is not None}
    if param.odd:
        found["not"] = {"multipleOf": 2}
    if knob.default is not None:
        found["default"] = knob.default
    return found
