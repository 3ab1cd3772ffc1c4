"""Bytes at a place of a file, read and written by several threads at once."""

from __future__ import annotations

import os
import threading
from io import FileIO

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.words import reason
from imgkernels.values import Array

Bytes = bytes | bytearray | memoryview

_together = threading.Lock()  # where a file has but one position, threads take turns


def read_at(file: FileIO, place: int, size: int) -> bytearray:
    """Return so many bytes; raise `FileProblem` where the file ends before."""
    found = bytearray(size)
    read_into(file, place, memoryview(found))
    return found


def read_into(file: FileIO, place: int, view: memoryview) -> None:
    """Fill a buffer from a place; raise `FileProblem` where the file ends before."""
    while view:
        try:
            count = _read(file, place, view)
        except OSError as error:
            raise FileProblem(f"cannot be read: {reason(error)}") from error
        if not count:
            raise FileProblem("is truncated: a part of its pixels lies beyond its end")
        view, place = view[count:], place + count


def write_at(file: FileIO, place: int, data: Bytes) -> None:
    """Write all bytes at a place."""
    view = memoryview(data)
    while view:
        count = _write(file, place, view)
        view, place = view[count:], place + count


def bytes_of(x: Array) -> memoryview:
    """Return the bytes of a C-contiguous array, of any byte order, without a copy."""
    return x.reshape(-1).view(np.uint8).data


def _read(file: FileIO, place: int, view: memoryview) -> int:
    if hasattr(os, "preadv"):
        return os.preadv(file.fileno(), [view], place)
    with _together:
        file.seek(place)
        return file.readinto(view) or 0


def _write(file: FileIO, place: int, view: memoryview) -> int:
    if hasattr(os, "pwrite"):
        return os.pwrite(file.fileno(), view, place)
    with _together:
        file.seek(place)
        return file.write(view) or 0
