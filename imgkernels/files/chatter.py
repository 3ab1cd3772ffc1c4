"""What C libraries print by themselves, kept off the terminal and told afterwards.

libjpeg, within OpenCV, tells of damage on stderr and cannot be asked not to. Where that is kept,
JPEGs are decoded by it, a fifth faster than by Pillow; elsewhere a stray line would be worse.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO

_STDERR = 2
_MOST = 1 << 16  # bytes of chatter that are told
_keeping = False


def is_kept() -> bool:
    """Return whether what libraries print now goes nowhere by itself."""
    return _keeping


@contextlib.contextmanager
def kept() -> Iterator[Callable[[], list[str]]]:
    """Keep what libraries print; yield a function that returns its lines, each once.

    `sys.stderr` stays what it was. For programs alone: the place is that of the whole process.
    """
    global _keeping  # noqa: PLW0603 - as there is one stderr
    before = sys.stderr
    try:
        ours = os.dup(_STDERR)
    except OSError:  # there is none, so that nothing can come out of it
        yield list
        return
    with _place() as place:
        try:
            sys.stderr = os.fdopen(ours, "w", 1, before.encoding, "backslashreplace")
            os.dup2(place.fileno(), _STDERR)
            _keeping = True
            yield lambda: _lines(place.fileno())
        finally:
            _keeping = False
            sys.stderr.flush()
            os.dup2(ours, _STDERR)
            sys.stderr.close()
            sys.stderr = before


def _place() -> BinaryIO:
    """Return a file without a name; in memory, where that is to be had."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("imgkernels"), "w+b", buffering=0)
    import tempfile

    return tempfile.TemporaryFile()


def _lines(file: int) -> list[str]:
    text = os.pread(file, _MOST, 0).decode("utf-8", "replace")
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
