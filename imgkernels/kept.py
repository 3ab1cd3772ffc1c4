"""Kernels that a person keeps under names of their own: a JSON file for each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from imgkernels import places
from imgkernels.errors import FileProblem, InvalidValue, unknown
from imgkernels.files.atomic import replace_file
from imgkernels.kernel import Kernel
from imgkernels.operations import Range
from imgkernels.operations.ranges import parse_range

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_NAME = 64
_MOST_BYTES = 1 << 24


@dataclass(frozen=True)
class Kept:
    """A kernel for every channel, or one for each of three, with where it came from.

    `offset` is a share of white that is added to the answer; `range` is how negative values are
    shown where the dtype has none.
    """

    name: str
    kernels: tuple[Kernel, ...]
    origin: str = ""
    offset: float = 0.0
    range: Range | None = None


def folder() -> Path:
    """Return where the files lie; it is made when the first one is written."""
    return places.data_folder() / "kernels"


def names() -> list[str]:
    """Return the names that something is kept under, sorted."""
    return sorted(path.stem for path in folder().glob("*.json") if _NAME.fullmatch(path.stem))


def load(name: str) -> Kept | None:
    """Return what is kept under a name, None for nothing; raise `FileProblem` for a broken file."""
    if not _is_name(name):
        return None
    path = folder() / f"{name}.json"
    try:
        status = path.stat()
    except OSError:
        return None
    return _read(path, status.st_mtime_ns, status.st_size)


def store(kept: Kept, overwrite: bool = False) -> Path:
    """Keep a kernel; raise `InvalidValue` for a name that is none, or is taken."""
    if not _is_name(kept.name):
        raise InvalidValue(
            f"keep: a name is lower-case letters, digits and single dashes, at most "
            f"{_LONGEST_NAME}, like 'edge7'; got {kept.name!r:.80}"
        )
    path = folder() / f"{kept.name}.json"
    if path.exists() and not overwrite:
        raise InvalidValue(f"keep: {kept.name!r} is kept already; give overwrite to replace it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(_table(kept)).encode())
    except OSError as error:
        raise FileProblem(f"{path}: {error.strerror or error}") from error
    return path


def forget(name: str) -> None:
    """Remove what is kept under a name; raise `UnknownName` where there is nothing."""
    if name not in names():
        raise unknown("kept kernel", name, names())
    (folder() / f"{name}.json").unlink()


def _is_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _table(kept: Kept) -> dict[str, Any]:
    kernels = [{"anchor": list(k.anchor), "taps": k.taps.tolist()} for k in kept.kernels]
    found: dict[str, Any] = {"origin": kept.origin, "kernels": kernels}
    if kept.offset:
        found["offset"] = kept.offset
    if kept.range is not None:
        found["range"] = kept.range.value
    return found


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int, size: int) -> Kept:
    """Read a file once for as long as it does not change; trust nothing in it."""
    if size > _MOST_BYTES:
        raise FileProblem(f"{path}: a kept kernel is at most {_MOST_BYTES} bytes long")
    try:
        table = json.loads(path.read_text("utf-8"), parse_constant=_refuse)
        kernels = tuple(Kernel(k["taps"], k["anchor"]) for k in table["kernels"])
        if len(kernels) not in (1, 3):
            raise InvalidValue(f"has 1 or 3 kernels; got {len(kernels)}")
        shown = table.get("range")
        return Kept(
            path.stem,
            kernels,
            str(table.get("origin", "")),
            float(table.get("offset", 0)),
            None if shown is None else parse_range(shown),
        )
    except (OSError, ValueError, TypeError, KeyError, RecursionError, LookupError) as error:
        raise FileProblem(f"{path}: holds no kept kernel: {error}") from None


def _refuse(constant: str) -> NoReturn:
    raise InvalidValue(f"numbers must be finite; got {constant}")
