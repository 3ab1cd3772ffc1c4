"""The one place that imports OpenCV, late and only if it is there.

Everything else asks `load()`, so a machine without OpenCV (or with a broken one) falls back
to the methods that need only numpy and scipy.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType

from imgkernels.errors import MissingDependency


@functools.cache
def load() -> ModuleType | None:
    """Return the cv2 module, or None where it is missing or cannot be loaded."""
    try:
        return importlib.import_module("cv2")
    except ImportError:
        return None


def require() -> ModuleType:
    """Return the cv2 module; raise `MissingDependency` with the cure where it is missing."""
    module = load()
    if module is None:
        raise MissingDependency("OpenCV cannot be imported; pip install opencv-python-headless")
    return module
