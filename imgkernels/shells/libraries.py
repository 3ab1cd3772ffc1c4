"""Which library has which filter, and what it calls it: for `list --dialects` and for `show`."""

from __future__ import annotations

import json as json_
import textwrap
from typing import Any

from imgkernels import dialect
from imgkernels.entry import Filter
from imgkernels.rule import Dialect


def print_all(entries: list[Filter], json: bool) -> None:
    """Print the libraries of the dialects beside the filters that any of them has."""
    found = dialect.dialects()
    if json:
        print(json_.dumps([_facts(one, entries) for one in found], indent=2))
        return
    shared = [entry for entry in entries if any(entry.name in one.rules for one in found)]
    width = max(map(len, ["filter", *(entry.name for entry in shared)]))
    print("  ".join([f"{'filter':<{width}}", *(one.name for one in found)]))
    for entry in shared:
        marks = (_mark(entry, one).center(len(one.name)) for one in found)
        print("  ".join([f"{entry.name:<{width}}", *marks]).rstrip())
    print(f"\n{_versions(found)}\nimgkernels show FILTER has each library's call")


def calls(entry: Filter) -> dict[str, str]:
    """Return the calls by which libraries are asked for a filter, by library."""
    return {one.name: one.rules[entry.name].call for one in _having(entry)}


def _having(entry: Filter) -> list[Dialect]:
    return [one for one in dialect.dialects() if entry.name in one.rules]


def _mark(entry: Filter, one: Dialect) -> str:
    return "x" if entry.name in one.rules else "."


def _versions(found: tuple[Dialect, ...]) -> str:
    said = ", ".join(f"{one.name} {one.version}" for one in found)
    return textwrap.fill(f"as of {said}", 96)


def _facts(one: Dialect, entries: list[Filter]) -> dict[str, Any]:
    wanted = {entry.name for entry in entries}
    return {
        "name": one.name,
        "version": one.version,
        "source": one.source,
        "dtypes": list(one.dtypes),
        "axes": list(one.ndims),
        "filters": {name: rule.call for name, rule in one.rules.items() if name in wanted},
        "notes": list(one.notes),
    }
