"""Words for choices: read once, for every option that is one of a few."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from imgkernels.errors import unknown

Choice = TypeVar("Choice", bound=StrEnum)


def chosen(kind: type[Choice], word: Choice | str, what: str) -> Choice:
    """Read one of an enum's words; raise `UnknownName` with the near match."""
    words = [choice.value for choice in kind]
    if str(word) not in words:
        raise unknown(what, str(word), words)
    return kind(word)
