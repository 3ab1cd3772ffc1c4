"""Opening what may be a named pipe: nobody waits without end for a writer who never comes."""

from __future__ import annotations

import os
import stat
import time
from io import BufferedReader

from imgkernels.errors import FileProblem

_PATIENCE = 5.0  # seconds until somebody must have written to a pipe, or at least opened it
_FIRST = 256  # bytes


def opened(path: str | os.PathLike[str]) -> tuple[BufferedReader, bytes]:
    """Open a file to read; return it, and the bytes that a pipe gave already (else none).

    Raises `OSError`, `ValueError` for a name that no file can have, and `FileProblem` for a pipe
    that nobody writes to.
    """
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - the caller's
    try:
        first = _first_of(file.fileno()) if _is_pipe(file) else b""
        os.set_blocking(file.fileno(), True)
    except BaseException:
        file.close()
        raise
    return file, first


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_pipe(file: BufferedReader) -> bool:
    return stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)


def _first_of(pipe: int) -> bytes:
    """Return what there is, nothing if a writer is there who has not written yet."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            first = os.read(pipe, _FIRST)
        except BlockingIOError:
            return b""
        if first:
            return first
        time.sleep(0.01)
    raise FileProblem("is a pipe that nobody writes to")
