"""Names of a package that are imported when first used, so that the command line starts quickly."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def names(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`.

    `homes` has each module with the names that the package takes from it, between spaces.
    """
    home_of = {name: home for home, words in homes.items() for name in words.split()}

    def imported(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{home_of[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return imported, lambda: sorted([*vars(sys.modules[package]), *home_of])
