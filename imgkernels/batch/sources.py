"""Which files are meant: files, folders with all that is in them, patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from imgkernels.errors import InvalidValue
from imgkernels.files.formats import PICTURE_SUFFIXES
from imgkernels.files.words import shown


@dataclass(frozen=True, order=True)
class Found:
    """A file, and the folder below the output that it is mirrored into."""

    path: str
    folder: str = ""


def found(sources: Iterable[str], out: str) -> list[Found]:
    """Return the files that are meant, each once, in the order of sources and names.

    Folders are searched for files with the suffix of a picture, hidden ones and what lies in `out`
    left aside. Raises `InvalidValue` for a source that there is not.
    """
    seen: dict[Found, None] = {}
    for source in sources:
        for each in _found(source, os.path.realpath(out)):
            seen.setdefault(each)
    return list(seen)


def _found(source: str, out: str) -> Iterator[Found]:
    if "\0" in source:
        raise InvalidValue(f"batch: {shown(source)}: no file can have this name")
    if os.path.isdir(source):
        yield from _inside(source, "", out)
    elif os.path.lexists(source):
        yield Found(os.path.abspath(source))
    elif glob.has_magic(source):
        yield from _matching(source, out)
    else:
        raise InvalidValue(f"batch: {shown(source)}: there is no such file or folder")


def _matching(pattern: str, out: str) -> Iterator[Found]:
    matches = sorted(set(_globbed(pattern)))
    if not matches:
        raise InvalidValue(f"batch: {shown(pattern)}: no file matches")
    base = _base(pattern)
    in_place = _lies_in(base, out)
    for match in matches:
        folder = os.path.dirname(os.path.relpath(match, base))
        if not in_place and _lies_in(match, out):
            continue  # an output of an earlier run
        if not os.path.isdir(match):
            yield Found(os.path.abspath(match), folder)
        elif "**" not in pattern:  # which gives all that is in it by itself
            yield from _inside(match, os.path.relpath(match, base), out)


def _globbed(pattern: str) -> Iterator[str]:
    """Match a pattern; ** goes into no link, as a shell's does not: links may lead in circles."""
    parts = PurePath(pattern).parts
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    at = parts.index("**")
    for top in glob.iglob(os.path.join(*parts[:at])) if at else [os.curdir]:
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if not name.startswith(".")]
            if parts[at + 1 :]:
                yield from _globbed(os.path.join(glob.escape(folder), *parts[at + 1 :]))
            else:
                yield from (os.path.join(folder, n) for n in names if not n.startswith("."))


def _base(pattern: str) -> str:
    """Return the folders of a pattern before its first sign: what is matched is mirrored."""
    parts = PurePath(pattern).parts
    plain = [*parts[:-1]]
    while plain and any(map(glob.has_magic, plain)):
        plain.pop()
    return os.path.join(*plain) if plain else os.curdir


def _lies_in(path: str, folder: str) -> bool:
    real = os.path.realpath(path)
    return real == folder or real.startswith(os.path.join(folder, ""))


def _inside(top: str, below: str, out: str) -> Iterator[Found]:
    for folder, folders, names in os.walk(top, onerror=_refuse):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != out
        )
        inner = os.path.relpath(folder, top)
        mirrored = os.path.normpath(os.path.join(below, inner))
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES:
                path = os.path.abspath(os.path.join(folder, name))
                yield Found(path, "" if mirrored == os.curdir else mirrored)


def _refuse(error: OSError) -> None:
    raise InvalidValue(f"batch: {shown(str(error.filename))}: {error.strerror}")
