"""Where a person's own things lie on this machine: what is kept, and what can be made anew."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_APPLE = "Library/Application Support", "Library/Caches"
_OTHERS = ".local/share", ".cache"


def data_folder() -> Path:
    """Return the folder of what is kept: `$XDG_DATA_HOME/imgkernels`, or the system's own place."""
    return _place("XDG_DATA_HOME", "APPDATA", 0)


def cache_folder() -> Path:
    """Return the folder of what can be made anew: `$XDG_CACHE_HOME/imgkernels`, or the like."""
    return _place("XDG_CACHE_HOME", "LOCALAPPDATA", 1)


def _place(asked: str, windows: str, kind: int) -> Path:
    given = os.environ.get(asked)
    if not given and sys.platform == "win32":
        given = os.environ.get(windows)
    if given and os.path.isabs(given):  # the XDG rules ignore what is no absolute path
        return Path(given) / "imgkernels"
    usual = _APPLE if sys.platform == "darwin" else _OTHERS
    return Path.home() / usual[kind] / "imgkernels"
