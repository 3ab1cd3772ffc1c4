"""The catalogue: what filters there are, declared in one place each."""

from __future__ import annotations

from collections.abc import Callable

from imgkernels.entry import Claims, Family, Filter, Maker
from imgkernels.errors import InvalidValue, UnknownName, did_you_mean, unknown
from imgkernels.operations import Range
from imgkernels.sources import Source

_FILTERS: dict[str, Filter] = {}
_ALIASES: dict[str, str] = {}
_OPENERS: dict[str, Callable[[str], Filter]] = {}
_FINDERS: list[tuple[Callable[[str], Filter | None], Callable[[], list[str]]]] = []


def register(
    family: Family,
    *,
    aliases: tuple[str, ...] = (),
    range: Range | None = None,
    ndims: tuple[int, ...] = (1, 2, 3),
    spacing: bool = False,
    sources: tuple[Source, ...] = (),
    unsourced: str = "",
    formula: str = "",
    others: tuple[str, ...] = (),
    laws: Claims = lambda: (),
) -> Callable[[Maker], Maker]:
    """Put a maker of operations in the catalogue, under its name with dashes for underscores.

    Its parameters are annotated with `Param`; one named `frame` is not a parameter but is told
    about the image. Its docstring's first line is the filter's summary.

    `sources` are whom to cite, or `unsourced` says why there is nobody. `formula` is what it
    computes, y of x and its parameters, or "matrix" where the taps are the definition. `others`:
    which other libraries disagree, and how. `laws` is asked for what the filter claims of itself
    with its parameters, of which it takes those that it needs by their names: `lambda ksize: (
    law.sums_to(1), ...)`; see `imgkernels.law`.
    """

    def add(maker: Maker) -> Maker:
        name = maker.__name__.rstrip("_").replace("_", "-")
        entry = Filter(
            name,
            family,
            maker,
            aliases,
            range,
            ndims,
            sources,
            unsourced,
            formula,
            others,
            laws,
            spacing,
        )
        for word in (name, *aliases):
            if word in _FILTERS or word in _ALIASES:
                raise InvalidValue(f"catalogue: there is a filter {word!r} already")
        _FILTERS[name] = entry
        _ALIASES.update(dict.fromkeys(aliases, name))
        return maker

    return add


def opens(prefix: str) -> Callable[[Callable[[str], Filter]], Callable[[str], Filter]]:
    """Let `prefix:text` name the filter that a function makes of the text."""

    def add(opener: Callable[[str], Filter]) -> Callable[[str], Filter]:
        _OPENERS[prefix] = opener
        return opener

    return add


def finds(
    names: Callable[[], list[str]],
) -> Callable[[Callable[[str], Filter | None]], Callable[[str], Filter | None]]:
    """Let a function find filters that are not in the catalogue; `names` tells which it finds."""

    def add(finder: Callable[[str], Filter | None]) -> Callable[[str], Filter | None]:
        _FINDERS.append((finder, names))
        return finder

    return add


def key_of(name: str) -> str:
    """Return what a name or alias is registered as, however it was typed."""
    return name.strip().lower().replace("_", "-")


def is_known(name: str) -> bool:
    """Tell whether an entry of this name or alias is registered by now."""
    return key_of(name) in _FILTERS or key_of(name) in _ALIASES


def is_entry(name: str) -> bool:
    """Tell whether a name is that of an entry of the catalogue; no alias, nothing from a file."""
    return name in _FILTERS


def is_opened(name: str) -> bool:
    """Tell whether a name is one that is opened: what follows its colon is part of it."""
    prefix, colon, _ = name.strip().partition(":")
    return bool(colon) and prefix in _OPENERS


def get(name: str) -> Filter:
    """Return the filter of this name or alias; raise `UnknownName` with the near match."""
    if not isinstance(name, str):
        raise InvalidValue(f"filter: must be named by a text, like 'blur'; got {name!r:.60}")
    if is_opened(name):
        prefix, _, rest = name.strip().partition(":")
        return _OPENERS[prefix](rest)
    key = key_of(name)
    key = _ALIASES.get(key, key)
    if key not in _FILTERS:
        for find, _ in _FINDERS:
            found = find(key)
            if found is not None:
                return found
        head, colon, _ = name.partition(":")
        hint = did_you_mean(head + colon, [f"{prefix}:" for prefix in _OPENERS]) if colon else ""
        if hint:
            raise UnknownName(f"no filter {name!r}{hint}")
        others = [other for _, names in _FINDERS for other in names()]
        raise unknown("filter", name, [*_FILTERS, *_ALIASES, *others])
    return _FILTERS[key]


def catalogue() -> tuple[Filter, ...]:
    """Return every filter, by family and name."""
    families = list(Family)
    return tuple(sorted(_FILTERS.values(), key=lambda f: (families.index(f.family), f.name)))
