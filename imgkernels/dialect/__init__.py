"""The dialects: one table each of what a library does for our filters, imported when it is asked.

`get("opencv")` returns the table; `operation` is what the chains ask for a step.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imgkernels.errors import InvalidValue, unknown

if TYPE_CHECKING:
    from imgkernels.operations import Frame, Operation
    from imgkernels.rule import Dialect

_FILES = os.listdir(os.path.dirname(__file__))
NAMES = tuple(sorted(name[:-3] for name in _FILES if name.endswith(".py") and name[0] != "_"))


def get(word: str) -> Dialect:
    """Return a dialect by its name, or by its name and version where that is the one it is of.

    >>> get("opencv") is get("opencv-5.0")
    True
    """
    name, _, version = str(word).strip().lower().partition("-")
    if name not in NAMES:
        raise unknown("dialect", word, NAMES)
    found: Dialect = importlib.import_module(f"{__name__}.{name}").DIALECT
    if version and f"{found.version}.".startswith(f"{version}.") is False:
        raise InvalidValue(f"dialect {name} is that of version {found.version}; got {word!r}")
    return found


def dialects() -> tuple[Dialect, ...]:
    """Return every dialect, by name."""
    return tuple(get(name) for name in NAMES)


def parse(word: object) -> str | None:
    """Return the name of a dialect, None for None; raise for a dialect there is none of."""
    return None if word is None else get(str(word)).name


def operation(name: str, params: Mapping[str, Any], frame: Frame) -> Operation:
    """Return what the library of the frame does for a filter."""
    return get(frame.like or "").operation(name, params, frame)
