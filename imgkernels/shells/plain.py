"""Findings as plain values for JSON: arrays as lists, what is not finite as null."""

from __future__ import annotations

import dataclasses
import math
from enum import Enum
from typing import Any

import numpy as np

from imgkernels.kernel import Kernel


def plain(value: Any) -> Any:
    """Return a value, or a dataclass with all its fields, as JSON has it."""
    match _opened(value):
        case dict() as items:
            return {str(key): plain(item) for key, item in items.items()}
        case list() | tuple() as items:
            return [plain(item) for item in items]
        case float() as number if not math.isfinite(number):
            return None
        case other:
            return other


def _opened(value: Any) -> Any:
    """Return what a value of ours is made of."""
    match value:
        case Kernel():
            return {"taps": value.taps, "anchor": value.anchor}
        case np.ndarray() | np.generic():
            return value.tolist()
        case Enum():
            return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value
