"""What the figures have to show: the goals of the matrix held against a record."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from imgkernels.bench.matrix import matrix
from imgkernels.bench.measure import Row

Found = tuple[float, str]  # a figure, and the row it comes from


@dataclass(frozen=True)
class Verdict:
    """A goal and what was measured of it; `figure` is None where no row counts for it."""

    says: str
    wanted: str
    figure: float | None
    reached: bool | None
    rows: int
    where: str = ""

    def __str__(self) -> str:
        if self.figure is None:
            return f"  -        {self.says}: {self.wanted}; not measured here"
        mark = "reached" if self.reached else "MISSED "
        where = f"; {self.where}" if self.where else ""
        return f"  {mark}  {self.says}: {self.wanted}; {self.figure:.3g} of {self.rows} rows{where}"


def verdicts(record: Row) -> list[Verdict]:
    """Return each goal that counts for a record, with or without Halide."""
    wanted = [goal for goal in matrix()["goal"] if goal.get("halide", record["halide"]) ==
              record["halide"]]  # fmt: skip
    return [_verdict(goal, record) for goal in wanted]


def _verdict(goal: dict[str, Any], record: Row) -> Verdict:
    rows = [row for row in record["rows"] if _counts(goal, row)]
    found = list(_FIGURES[goal["figure"]](goal, rows, record))
    upper = "most" in goal
    limit = goal["most"] if upper else goal["least"]
    wanted = f"at {'most' if upper else 'least'} {limit:g}"
    if not found:
        return Verdict(goal["says"], wanted, None, None, 0)
    figure, where = max(found) if upper else min(found)
    return Verdict(
        goal["says"],
        wanted,
        figure,
        figure <= limit if upper else figure >= limit,
        len(rows),
        where,
    )


def _counts(goal: dict[str, Any], row: Row) -> bool:
    low, high = goal.get("amounts", (-math.inf, math.inf))
    fewest, most = goal.get("pixels", (-math.inf, math.inf))
    return (
        row["group"] in goal["rows"]
        and row.get("work") in goal.get("works", [row.get("work")])
        and low <= row.get("amount", low) <= high
        and fewest <= row.get("pixels", fewest) <= most
    )


def _ratios(goal: dict[str, Any], rows: list[Row]) -> list[Found]:
    peers = goal.get("peers")
    return [
        (facts["ratio"][1], f"{row['what']}, {row['where']}, {name}")
        for row in rows
        for name, facts in row["peers"].items()
        if peers is None or name in peers
    ]


def _mean(goal: dict[str, Any], rows: list[Row], _: Row) -> list[Found]:
    found = [ratio for ratio, _ in _ratios(goal, rows)]
    return [(math.exp(math.fsum(map(math.log, found)) / len(found)), "")] if found else []


def _worst(goal: dict[str, Any], rows: list[Row], _: Row) -> list[Found]:
    return _ratios(goal, rows)


def _fastest(goal: dict[str, Any], rows: list[Row], _: Row) -> Iterator[Found]:
    for row in rows:
        found = _ratios(goal, [row])
        if found:
            yield min(found)


def _copies(_: dict[str, Any], rows: list[Row], __: Row) -> list[Found]:
    return [(row["ms"][1] / row["copy ms"][1], row["what"]) for row in rows]


def _sgemm(_: dict[str, Any], rows: list[Row], record: Row) -> list[Found]:
    limit = record["limits"]["sgemm GMAC/s"][1] * 1e9
    return [(row["macs"] / (row["ms"][1] / 1e3) / limit, row["what"]) for row in rows]


def _flat(_: dict[str, Any], rows: list[Row], __: Row) -> Iterator[Found]:
    rows = sorted(rows, key=lambda row: row["where"])
    for where, group in itertools.groupby(rows, key=lambda row: row["where"]):
        times = [row["ms"][1] for row in group]
        if len(times) > 1:
            yield max(times) / min(times), where


def _named(key: str) -> Callable[[dict[str, Any], list[Row], Row], list[Found]]:
    def found(_: dict[str, Any], rows: list[Row], __: Row) -> list[Found]:
        values = [(row[key], row) for row in rows]
        return [
            (value[1] if isinstance(value, list) else value, f"{row['what']}, {row['where']}")
            for value, row in values
        ]

    return found


_FIGURES: dict[str, Callable[..., Any]] = {
    "mean": _mean, "worst": _worst, "fastest": _fastest, "copies": _copies, "sgemm": _sgemm,
    "flat": _flat, "cliff": _named("cliff"), "gain": _named("gain"), "MiB": _named("MiB"),
}  # fmt: skip
