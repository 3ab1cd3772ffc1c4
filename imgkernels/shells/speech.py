"""How the command line speaks to people: on stderr, a line at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def printable(text: str) -> str:
    """Return the text with control characters escaped: a file's name must not steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def complain(text: str) -> None:
    """Print an error on stderr, each line with our name before it."""
    for line in text.splitlines() or [""]:
        print(f"imgkernels: {printable(line)}", file=sys.stderr)


def note(lines: Iterable[str]) -> None:
    """Print what the user should know, on stderr."""
    for line in lines:
        print(f"imgkernels: note: {printable(line)}", file=sys.stderr)
