"""Memory that was freed, kept by the C library for what comes next."""

from __future__ import annotations

import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of malloc.h


def keep(piece: int, most: int) -> None:
    """Keep what is freed of pieces up to so many bytes, and at most so many in one go.

    Taking it anew from the system, page by page, was a tenth of the time of small pictures in a
    folder, and a fifth of a large PNG's, which comes and goes in strips.
    """
    import ctypes

    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_MMAP_THRESHOLD, piece)
        libc.mallopt(_TRIM_THRESHOLD, most)
