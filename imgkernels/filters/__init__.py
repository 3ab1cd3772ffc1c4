"""The rooms of the catalogue: one module per family, which puts its filters in the register.

A filter is looked up in the rooms whose source speaks of it before all others are opened: most
commands are about one filter, and to open every room takes longer than to filter a picture.
"""

import functools
import importlib
import os

from imgkernels import registry
from imgkernels.entry import Filter as Filter


def get(name: str) -> Filter:
    """Return the filter of this name or alias; raise `UnknownName` with the near match."""
    if isinstance(name, str):
        _open_for(name)
    return registry.get(name)


def catalogue() -> tuple[Filter, ...]:
    """Return every filter, by family and name."""
    _open()
    return registry.catalogue()


def is_entry(name: str) -> bool:
    """Tell whether a name is that of an entry of the catalogue; no alias, nothing from a file."""
    _open_for(name)
    return registry.is_entry(name)


def is_opened(name: str) -> bool:
    """Tell whether a name is one that is opened: what follows its colon is part of it."""
    _open_for(name)
    return registry.is_opened(name)


@functools.lru_cache(256)
def _open_for(name: str) -> None:
    """Open the rooms that may have this filter; all of them where none of those has it."""
    key = registry.key_of(name)
    for room, source in _rooms().items():
        if f"def {key.replace('-', '_')}(" in source or f'"{key}"' in source:
            importlib.import_module(f"{__name__}.{room}")
    if not registry.is_known(name):
        _open()


@functools.cache
def _open() -> None:
    """Open every room."""
    for room in _rooms():
        importlib.import_module(f"{__name__}.{room}")


@functools.cache
def _rooms() -> dict[str, str]:
    """Return the source of every room, by name."""
    folder = os.path.dirname(__file__)
    found = sorted(name for name in os.listdir(folder) if name.endswith(".py"))
    return {name[:-3]: _text(os.path.join(folder, name)) for name in found if name[0] != "_"}


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()
