"""What a kernel may turn out to be: every kernel of the catalogue, in each size and direction."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from imgkernels import filters
from imgkernels.entry import Family, Filter
from imgkernels.errors import ImgkernelsError
from imgkernels.kernel import Kernel
from imgkernels.operations import (
    Convolve,
    Direction,
    Frame,
    Magnitude,
    Operation,
    Projection,
    Strongest,
)
from imgkernels.param import Knob
from imgkernels.step import Step
from imgkernels.symmetry import Turn, turns
from imgkernels.taps import Taps

ANGLES = ("angle", "theta")  # parameters that turn a kernel, in degrees
_STEP = 15  # degrees between the directions that are laid out; between them it is searched
_SIZES = {
    "ksize": range(3, 17, 2),
    "size": range(2, 16),
    "radius": range(1, 8),
    "order": range(1, 5),
}
_STEPS = ("dx", "dy", "dz")  # how often it differentiates along each axis
_SIGMAS = (0.5, 0.8, 1.2, 3.0)  # px, beside the default
_SAME_TAPS = ("gain", "show", "part")  # choices that scale a kernel or use it otherwise
_WIDEST = 65
_MOST = 20_000  # taps: a volume of more is not laid out in every turn
_ALIKE = 1e-9
_KERNELS_OF = (Convolve, Magnitude, Strongest, Projection, Direction)


@dataclass(frozen=True)
class Known:
    """A kernel of the catalogue: its filter, the parameters that differ, and which of several.

    `angle` is the parameter that turns it, with its value in `given`; None where there is none.
    """

    filter: str
    given: tuple[tuple[str, Any], ...]
    number: int
    count: int
    kernel: Kernel
    angle: str | None

    @property
    def name(self) -> str:
        """The step that has it, and its number among the step's kernels where there are several."""
        which = f" (kernel {self.number} of {self.count})" if self.count > 1 else ""
        return f"{Step(self.filter, self.given)}{which}"

    @property
    def order(self) -> int:
        """The order of the derivative it takes: what its filter says, else by its moments.

        A bell that is cut off leaves its third derivative a little of the first. 5 is "5 or more".
        """
        values = {k.name: k.default for k in filters.get(self.filter).params} | dict(self.given)
        said = [values[name] for name in (*_STEPS, "order") if name in values]
        return min(5, sum(said)) if said else self.kernel.order

    @property
    def plainness(self) -> tuple[int, int, int]:
        """What comes first of equals: a filter of one kernel, few parameters, a short name."""
        return self.count, len(self.given), len(self.filter)


@dataclass(frozen=True)
class Row:
    """A known kernel as it may lie in a window: turned on the grid, empty edges cut off.

    `degrees` is the turn, counter-clockwise as seen, on two axes; `words` says it on others.
    """

    known: Known
    taps: Taps
    anchor: tuple[int, ...]
    degrees: float
    words: str


@dataclass(frozen=True)
class Group:
    """All rows of one shape; `units` are their taps as unit vectors, `(rows, taps)`.

    `alike` numbers them so that rows that differ only by a factor have the same number;
    `partners` is the row that is the same kernel turned by a quarter, where the two can be
    steered, else -1.
    """

    rows: tuple[Row, ...]
    units: Taps
    alike: np.ndarray[Any, np.dtype[np.intp]]
    partners: np.ndarray[Any, np.dtype[np.intp]]


@lru_cache(3)
def bank(ndim: int) -> dict[tuple[int, ...], Group]:
    """Return the rows of every known kernel of so many axes, by their shape."""
    by_shape: dict[tuple[int, ...], list[Row]] = {}
    for known in known_kernels(ndim):
        for row in _rows(known):
            by_shape.setdefault(row.taps.shape, []).append(row)
    return {shape: _group(rows) for shape, rows in by_shape.items()}


@lru_cache(3)
def known_kernels(ndim: int) -> tuple[Known, ...]:
    """Return the kernels of every filter that is made of kernels, in every usual variant."""
    found: dict[tuple[Any, ...], Known] = {}
    for entry in filters.catalogue():
        if ndim in entry.ndims and not any(knob.required for knob in entry.params):
            for known in _of_filter(entry, ndim):
                key = (known.filter, known.number, known.kernel.shape, known.kernel.taps.tobytes())
                found.setdefault(key, known)
    return tuple(sorted(found.values(), key=lambda known: known.plainness))


def trimmed(kernel: Kernel) -> tuple[Taps, tuple[int, ...]]:
    """Return the taps without empty rows at the edges, and the anchor, which may lie outside."""
    used = np.argwhere(kernel.taps)
    if not used.size:
        return np.zeros((1,) * kernel.ndim), (0,) * kernel.ndim
    low, high = used.min(axis=0), used.max(axis=0) + 1
    taps = kernel.taps[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return taps, tuple(int(a - b) for a, b in zip(kernel.anchor, low, strict=True))


def _of_filter(entry: Filter, ndim: int) -> Iterator[Known]:
    for dtype in (np.uint8, np.float64):  # which decides where bells are cut off
        frame = Frame(ndim, np.dtype(dtype), 1.0)
        for given in _variants(entry):
            operation = _operation(entry, frame, given)
            if not isinstance(operation, _KERNELS_OF):
                continue
            changed = tuple((k.name, given[k.name]) for k in entry.params if k.name in given)
            angle = next((k.name for k in entry.params if k.name in ANGLES), None)
            kernels = operation.kernels
            for number, kernel in enumerate(kernels, start=1):
                affordable = max(kernel.shape) <= _WIDEST and kernel.size <= _MOST
                if affordable and kernel.taps.any():
                    yield Known(entry.name, changed, number, len(kernels), kernel, angle)


def _operation(entry: Filter, frame: Frame, given: dict[str, Any]) -> Operation | None:
    try:
        return entry.operation(frame, **given)
    except ImgkernelsError:  # a variant that the filter refuses, or that these axes lack
        return None


def _variants(entry: Filter) -> Iterator[dict[str, Any]]:
    """Yield the default, each choice, size, order and direction, and derivatives of degree to 3."""
    many = any(knob.name in (*ANGLES, *_STEPS) for knob in entry.params)
    axes = [_values(knob, many) for knob in entry.params]
    for values in itertools.product(*axes):
        given = {k.name: v for k, v in zip(entry.params, values, strict=True) if v != k.default}
        if sum(name not in ANGLES for name in given) <= 2:
            yield given


def _values(knob: Knob, turns_or_steps: bool) -> list[Any]:
    if knob.kind == "choice" and knob.name not in _SAME_TAPS:
        return list(knob.choices)
    if knob.name in ANGLES:
        return [knob.default, *(float(a) for a in range(0, 360, _STEP) if a != knob.default)]
    if knob.name in _STEPS:
        return [knob.default, *(n for n in range(4) if n != knob.default)]
    if knob.name == "sigma" and not turns_or_steps:
        return [knob.default, *_SIGMAS]
    sizes = _SIZES.get(knob.name, ()) if knob.kind == "whole" else ()
    return [knob.default, *(n for n in sizes if n != knob.default)]


def _rows(known: Known) -> Iterator[Row]:
    taps, anchor = trimmed(known.kernel)
    yield Row(known, taps, anchor, 0.0, "")
    seen = [taps]
    for turn in () if known.angle else proper_turns(taps.ndim):
        turned = np.ascontiguousarray(turn.of(taps))
        if any(t.shape == turned.shape and _same(t, turned) for t in seen):
            continue
        seen.append(turned)
        yield Row(known, turned, turned_anchor(anchor, taps.shape, turn), _degrees(turn), str(turn))


def proper_turns(ndim: int) -> tuple[Turn, ...]:
    """Return the turns of the grid that are rotations; on one axis, the mirror."""
    return tuple(t for t in turns(ndim) if ndim == 1 or _handed(t) == 1)


def _handed(turn: Turn) -> int:
    matrix = np.eye(len(turn.axes))[list(turn.axes)]
    flips: int = sum(turn.flips)
    return round(float(np.linalg.det(matrix))) * (1 if flips % 2 == 0 else -1)


def _degrees(turn: Turn) -> float:
    if len(turn.axes) != 2:
        return 0.0
    flipped_y, flipped_x = turn.flips
    if flipped_y and flipped_x:
        return 180.0
    return 90.0 if flipped_y else 270.0


def turned_anchor(anchor: tuple[int, ...], shape: tuple[int, ...], turn: Turn) -> tuple[int, ...]:
    """Return where an anchor lies after its window of this shape was turned."""
    pairs = zip(turn.axes, turn.flips, strict=True)
    return tuple(shape[a] - 1 - anchor[a] if flip else anchor[a] for a, flip in pairs)


def _same(a: Taps, b: Taps) -> bool:
    """Tell whether two arrays are equal, or each other's negative, but for rounding."""
    near = _ALIKE * float(np.abs(a).max())
    return bool(np.abs(a - b).max() <= near or np.abs(a + b).max() <= near)


def _group(rows: list[Row]) -> Group:
    flat = np.stack([row.taps.ravel() for row in rows])
    units = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    cosines = np.abs(units @ units.T)
    alike = np.argmax(cosines > 1 - _ALIKE, axis=1)
    return Group(tuple(rows), units, alike, _partners(rows, units))


def _partners(rows: list[Row], units: Taps) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Pair each kernel that answers to a direction with itself turned by a quarter.

    Where a half turn makes it its negative and the two are orthogonal, mixing them by cosine and
    sine turns a first derivative to any direction.
    """
    found = np.full(len(rows), -1)
    quarter = {id(row.known): i for i, row in enumerate(rows) if row.degrees in (90.0, 270.0)}
    for i, row in enumerate(rows):
        j = quarter.get(id(row.known), -1)
        edge = filters.get(row.known.filter).family is Family.EDGE and row.known.count <= 2
        odd = (
            edge
            and not row.known.angle
            and row.degrees == 0
            and row.taps.ndim == 2
            and _negated_by_half_turn(row.taps)
        )
        if odd and j >= 0 and abs(units[i] @ units[j]) < _ALIKE and row.known.kernel.order == 1:
            found[i] = j
    return found


def _negated_by_half_turn(taps: Taps) -> bool:
    return bool(np.abs(taps + taps[::-1, ::-1]).max() <= _ALIKE * np.abs(taps).max())
