"""The JSON Schema that editors check pipeline files with, made from the catalogue."""

from __future__ import annotations

from typing import Any

from imgkernels import dialect, filters
from imgkernels.border import Border
from imgkernels.channels import Channels
from imgkernels.operations import Nan, Range
from imgkernels.param import Knob
from imgkernels.step import MOST_STEPS

_NO_PARAMS = {
    "description": "A kernel of a weight file: learned:FILE/LAYER/INDEX[,CHANNEL].",
    "type": "object",
    "additionalProperties": False,
}
_TYPES = {"number": "number", "whole": "integer", "switch": "boolean", "kernel": "string"}


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
            "like": {"enum": list(dialect.NAMES)},
            "channels": {"enum": [way.value for way in Channels], "default": "each"},
            "nan": {"enum": [policy.value for policy in Nan], "default": "propagate"},
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_STEPS,
                "items": {
                    "type": "object",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": steps,
                    "patternProperties": {"^learned:": _NO_PARAMS},
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
