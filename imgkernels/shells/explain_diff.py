"""`imgkernels explain-diff FILTER IN --like A --like B`: why two libraries' answers differ."""

from __future__ import annotations

import json as json_
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.shells.command import Input, Json
from imgkernels.shells.flags import JOB, Flag, complete_like

if TYPE_CHECKING:
    from imgkernels.difference import Explanation
    from imgkernels.entry import Filter

Like = Annotated[
    list[str] | None,
    typer.Option(
        "--like",
        metavar="LIBRARY",
        help="The library to compare; twice for two, once to compare it with our own rules.",
        autocompletion=complete_like,
    ),
]
Picture = Annotated[
    str | None,
    typer.Option("--out", metavar="DIFF", help="Write the difference as a picture."),
]
HELP = "Say why two libraries' answers differ: explain-diff FILTER IN --like A --like B."
POSITIONALS = {"source": Input, "like": (Like, None), "out": (Picture, None), "json": (Json, False)}
_KEPT = ("border", "border_value", "range", "frame", "max_pixels")


def flags(entry: Filter) -> tuple[Flag, ...]:
    """Return the parameters of a filter, and those options of a job that make sense here."""
    from imgkernels.shells.apply import flags_of

    mine = flags_of(entry)[: len(entry.params)]
    return (*mine, *(flag for flag in JOB if flag.name in _KEPT))


def run(
    entry: Filter,
    source: str,
    like: list[str] | None = None,
    out: str | None = None,
    json: bool = False,
    **given: Any,
) -> None:
    """Compare, print, and write the picture where one is wanted."""
    from imgkernels import files
    from imgkernels.difference import explain_diff
    from imgkernels.shells.apply import checked_step

    if not like or len(like) > 2:
        raise InvalidValue(
            "explain-diff: give --like LIBRARY once or twice; imgkernels list --dialects has them"
        )
    if out is not None:
        _check_target(out, source)
    step = checked_step(entry, given)
    reading = {key: given.pop(key) for key in ("frame", "max_pixels") if key in given}
    picture = files.read(sys.stdin.buffer if source == "-" else source, **reading)
    found = explain_diff(picture, entry.name, like=like, **dict(step.params), **given)
    if out is not None:
        files.write(out, found.picture)
    print(json_.dumps(facts(found, out), indent=2) if json else text(found, out))


def _check_target(out: str, source: str) -> None:
    from imgkernels import files
    from imgkernels.shells.work import same_file

    if not Path(out).parent.is_dir():
        raise FileProblem(f"{out}: there is no folder {Path(out).parent}")
    if source != "-" and same_file(Path(out), Path(source)):
        raise InvalidValue(f"{out} is the input; name another file for --out")
    files.format_of(Path(out))


def text(found: Explanation, out: str | None) -> str:
    """Return what a terminal shows."""
    head = ("", *found.names)
    rows = [(f"{'*' if r.differs else ' '} {r.rule}", r.first, r.second) for r in found.rules]
    lines = [f"{name}: {call}" for name, call in zip(found.names, found.calls, strict=True)]
    lines += ["", *_table([head, *rows]), "", f"* differs; the answers differ in {_apart(found)}"]
    if found.with_border is not None:
        lines.append(f"with border {found.border} for both they differ in {found.with_border}")
    if out is not None:
        lines.append(f"{out}: the difference times {found.amplified:.4g}, its largest is white")
    return "\n".join(lines)


def _apart(found: Explanation) -> str:
    at = found.difference.where
    where = f" (row {at[-3:][0]}, column {at[-3:][1]})" if len(at) >= 2 else ""
    return f"{found.difference}{where}"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows whose cells are wrapped to their columns."""
    first = max(len(row[0]) for row in rows)
    lines = []
    for row in rows:
        cells = [textwrap.wrap(cell, _WIDTH) or [""] for cell in row[1:]]
        for number in range(max(map(len, cells))):
            parts = [cell[number] if number < len(cell) else "" for cell in cells]
            start = row[0] if number == 0 else ""
            lines.append(f"{start:<{first}}  {parts[0]:<{_WIDTH}}  {parts[1]}".rstrip())
    return lines


_WIDTH = 34


def facts(found: Explanation, out: str | None) -> dict[str, Any]:
    """Return the explanation as JSON has it."""
    from dataclasses import asdict

    left = found.with_border
    return {
        "filter": found.filter,
        "like": list(found.names),
        "calls": list(found.calls),
        "rules": [asdict(rule) | {"differs": rule.differs} for rule in found.rules],
        "difference": asdict(found.difference),
        "border": None if found.border is None else str(found.border),
        "with_border": None if left is None else asdict(left),
        "out": out,
        "amplified": found.amplified if out is not None else None,
    }
