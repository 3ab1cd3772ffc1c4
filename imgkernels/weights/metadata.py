"""What a file says of its arrays beside them: short texts by name, as JSON in an array of bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.values import Array

NAME = "__metadata__"
_MOST_BYTES = 1 << 20


def packed(metadata: Mapping[str, str]) -> Array:
    """Return texts as the bytes of their JSON."""
    return np.frombuffer(json.dumps(dict(metadata)).encode(), np.uint8)


def unpacked(array: Array) -> dict[str, str]:
    """Return the texts; raise `FileProblem` for what are none."""
    if array.dtype != np.uint8 or array.size > _MOST_BYTES:
        raise FileProblem(f"{NAME}: is no JSON of at most {_MOST_BYTES:,} bytes")
    found = parsed(array.tobytes(), NAME)
    if not all(isinstance(value, str) for value in found.values()):
        raise FileProblem(f"{NAME}: holds more than texts")
    return found


def parsed(text: bytes, who: str) -> dict[str, Any]:
    """Read a JSON table that is not trusted: no name twice, no NaN, not too deep."""
    try:
        found = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FileProblem(f"{who}: is no JSON: {error}") from None
    if not isinstance(found, dict):
        raise FileProblem(f"{who}: is no table")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
