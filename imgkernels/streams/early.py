"""On its way to the disk while there is still work: the end then waits for little."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from io import FileIO

from imgkernels.streams.flat import Flat
from imgkernels.streams.tiff_sink import TiffSink
from imgkernels.tiles import Region
from imgkernels.values import Array

_EVERY = 1 << 25  # bytes between two starts
_WRITE = 2  # SYNC_FILE_RANGE_WRITE of Linux: begin to write, and wait for nothing


@dataclass
class Early:
    """A sink into a file of which what has come is written to the disk from time to time.

    The system would begin with that much later, and `fsync` would wait for all of it at the end.
    """

    sink: Flat | TiffSink
    file: FileIO
    _come: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, region: Region, block: Array) -> None:
        """Write a block."""
        self.sink.write(region, block)
        with self._lock:
            self._come += block.nbytes
            full = self._come >= _EVERY
            self._come = 0 if full else self._come
        if full and (begin := _begin()) is not None:
            begin(self.file.fileno(), ctypes.c_int64(0), ctypes.c_int64(0), ctypes.c_uint(_WRITE))

    def finish(self) -> None:
        """Write what can be said only at the end."""
        if isinstance(self.sink, TiffSink):
            self.sink.finish()


@functools.cache
def _begin() -> Callable[..., object] | None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            found: Callable[..., object] = ctypes.CDLL(None).sync_file_range
            return found
    return None
