"""TIFF through Pillow and its libtiff, which is kept from printing."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from imgkernels.files import pillow

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

_MAPS = Path("/proc/self/maps")


@contextlib.contextmanager
def opened(data: bytes) -> Iterator[TiffImageFile]:
    """Open a TIFF; nothing is decoded yet."""
    from PIL.TiffImagePlugin import TiffImageFile

    _hush()
    with pillow.quiet(), TiffImageFile(BytesIO(data)) as picture:
        yield picture


@functools.cache
def _hush() -> None:
    """Take away libtiff's error handler, once.

    It prints to the terminal what Pillow raises anyway, and Pillow has no switch for it. Where
    the library cannot be found (not Linux, linked statically) it goes on printing.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        mapped = {line.split(maxsplit=5)[-1] for line in _MAPS.read_text().splitlines()}
        for path in sorted(name for name in mapped if "libtiff" in name.rpartition("/")[2]):
            ctypes.CDLL(path).TIFFSetErrorHandler(None)
