"""The bench matrix as data: which rows are measured, against whom."""

from __future__ import annotations

import functools
import itertools
import math
import random
import tomllib
from dataclasses import dataclass
from typing import Any

from imgkernels import resources

SHORT = {"uint8": "u8", "uint16": "u16", "float32": "f32"}


@dataclass(frozen=True)
class Case:
    """One row: a work on a picture of some size and dtype, and the peers to hold it against.

    `amount` is the work's one number: the window's size, or sigma. `steps` stand instead of it
    for pipelines. `size` is (z, y, x) or (y, x).
    """

    suite: str
    group: str
    work: str
    amount: float
    dtype: str
    channels: int
    size: tuple[int, ...]
    border: str
    peers: tuple[str, ...] = ()
    steps: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """The picture's shape; one channel has no axis."""
        return self.size if self.channels == 1 else (*self.size, self.channels)

    @property
    def what(self) -> str:
        """The work in words: "gaussian 2", "dense 5"."""
        return self.steps or f"{self.work} {self.amount:g}"

    @property
    def where(self) -> str:
        """The picture in words: "3840x2160 u8 x 3 reflect"."""
        size = "x".join(map(str, self.size[::-1]))
        depth = SHORT[self.dtype] + (f" x {self.channels}" if self.channels > 1 else "")
        return f"{size} {depth} {self.border}"

    @property
    def samples(self) -> int:
        """The number of values in the picture."""
        return math.prod(self.shape)


@functools.cache
def matrix() -> dict[str, Any]:
    """Return the matrix as it is written."""
    table: dict[str, Any] = tomllib.loads((resources.folder("bench") / "matrix.toml").read_text())
    return table


def suites() -> list[str]:
    """Return the suites that are made of cases."""
    return list(dict.fromkeys(group["suite"] for group in matrix()["group"]))


def cases(suite: str, quick: bool = False) -> list[Case]:
    """Return a suite's rows, in the order of the file."""
    found: list[Case] = []
    for group in matrix()["group"]:
        if group["suite"] == suite:
            rows = _drawn(group)
            found += rows[: group["quick"]] if quick else rows
    return found


def size_of(text: str) -> tuple[int, ...]:
    """Read WIDTHxHEIGHT, or WIDTHxHEIGHTxDEPTH, as (z, y, x).

    >>> size_of("640x480")
    (480, 640)
    """
    return tuple(int(word) for word in reversed(text.split("x")))


def _drawn(group: dict[str, Any]) -> list[Case]:
    axes = [
        group.get("steps") or group["amounts"],
        group["dtypes"],
        group["channels"],
        [size_of(text) for text in group["sizes"]],
        group["borders"],
    ]
    rows = list(itertools.product(*axes))
    if 0 < group["rows"] < len(rows):
        rows = _sample(axes, group["rows"], group["name"])
    return [_case(group, *row) for row in rows]


def _case(
    group: dict[str, Any],
    what: float | str,
    dtype: str,
    channels: int,
    size: tuple[int, ...],
    border: str,
) -> Case:
    amount, steps = (0.0, what) if isinstance(what, str) else (what, "")
    return Case(
        group["suite"], group["name"], group["work"], amount, dtype, channels, size, border,
        tuple(group["peers"]), steps,
    )  # fmt: skip


def _sample(axes: list[list[Any]], count: int, seed: str) -> list[tuple[Any, ...]]:
    """Draw rows so that the values of each axis come equally often: a Latin hypercube."""
    dice = random.Random(seed)
    columns = []
    for values in axes:
        column = [values[i % len(values)] for i in range(count)]
        dice.shuffle(column)
        columns.append(column)
    return list(dict.fromkeys(zip(*columns, strict=True)))
