"""The ways of ranking windows; all of them are exact, so the cheapest that can does it."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from imgkernels import opencv
from imgkernels.operations.ranking import octets, phases, strips
from imgkernels.operations.ranking.levels import by_levels
from imgkernels.operations.ranking.partition import partitioned
from imgkernels.operations.ranking.task import Task
from imgkernels.values import Array

# Measured nanoseconds of one core: for a value, or where a word says so for other things.
_SMALL_MEDIAN, _MEDIAN, _EXTREME = 1.5, 27.0, 2.0
_PICK, _PICK_BYTE = 0.01, 0.048  # a minimum or maximum, and each byte of it
_MADE = 35e3  # a minimum or maximum of a network that is made
_OCTETS = 850.0
_LEVEL, _LEVELS = 1.0, 256  # a level, and how many of them there may be
_MEMBER = 4.5  # a member of the window
_MOST_IN_NETWORK = 300  # members: larger networks take longer to make than they save

MEDIANS = {"uint8": 255, "uint16": 5, "float32": 5}  # the largest side that OpenCV takes
COLOURS = (1, 3, 4)  # channels that OpenCV ranks together
EXTREMES = {"uint8", "uint16", "int16", "float32", "float64"}  # what OpenCV erodes and dilates


class Way(NamedTuple):
    """One way: whether it can do a task, at what cost, and how."""

    name: str
    able: Callable[[Task], bool]
    cost: Callable[[Task], float]
    run: Callable[[Array, Task], Array]

    def seconds(self, task: Task) -> float:
        """Return the estimated seconds."""
        return self.cost(task) * 1e-9


def way_for(task: Task) -> Way:
    """Return the cheapest way that can do a task."""
    return min((way for way in WAYS if way.able(task)), key=lambda way: way.cost(task))


def _has_median(task: Task) -> bool:
    most = MEDIANS.get(task.dtype.name, 0)
    return opencv.load() is not None and 3 <= task.square <= most


def _median_cost(task: Task) -> float:
    each = _SMALL_MEDIAN * task.dtype.itemsize if task.square <= 5 else _MEDIAN
    return each * task.values


def _median(whole: Array, task: Task) -> Array:
    cv2, side = opencv.require(), task.square
    return _per_channel(whole, task, (side // 2,) * 2, lambda plane: cv2.medianBlur(plane, side))


def _has_extreme(task: Task) -> bool:
    extreme = task.full and task.window.ndim == 2 and task.place in (0, task.members - 1)
    return extreme and task.dtype.name in EXTREMES and opencv.load() is not None


def _extreme(whole: Array, task: Task) -> Array:
    cv2, anchor = opencv.require(), task.window.anchor
    grow = cv2.erode if task.place == 0 else cv2.dilate
    rows = np.ones(task.sizes, np.uint8)
    return _per_channel(whole, task, anchor, lambda plane: grow(plane, rows, anchor=anchor[::-1]))


def _per_channel(
    whole: Array, task: Task, corner: tuple[int, ...], filtered: Callable[[Array], Any]
) -> Array:
    """Filter the channels, together where OpenCV can; cut out what its border has not touched."""
    middle = task.answers_at(corner)
    if whole.shape[-1] in COLOURS:
        answer = filtered(np.ascontiguousarray(whole)).reshape(whole.shape)[middle]
        return np.ascontiguousarray(answer)
    channels = (np.ascontiguousarray(whole[..., c]) for c in range(whole.shape[-1]))
    return np.stack([filtered(plane)[middle] for plane in channels], axis=-1)


def _network_cost(task: Task) -> float:
    # What windows with holes share is less.
    picks = task.members * math.log2(task.members + 1) * (1 if task.full else 2)
    return picks * ((_PICK + _PICK_BYTE * task.dtype.itemsize) * task.values + _MADE)


def _network(whole: Array, task: Task) -> Array:
    members = tuple(tuple(map(int, member)) for member in np.argwhere(task.inside))
    # numpy compares halves one by one; every one of them is a float32.
    image = whole.astype(np.float32) if whole.dtype == np.float16 else whole
    network = strips.network_for(image.shape, image.itemsize, members, task.place)
    return strips.ranked(image, task.sizes, network).astype(whole.dtype, copy=False)


WAYS = (
    Way("median", _has_median, _median_cost, _median),
    Way("extreme", _has_extreme, lambda task: _EXTREME * task.values, _extreme),
    Way("network", lambda task: task.members <= _MOST_IN_NETWORK, _network_cost, _network),
    Way("tiled", phases.able, phases.cost, functools.partial(phases.ranked, compiled=False)),
    Way(
        "octets",
        lambda task: 3 <= task.square <= octets.LARGEST and opencv.load() is not None,
        lambda task: _OCTETS * task.values,
        lambda whole, task: octets.medians(whole, task.square),
    ),
    Way(
        "levels",
        lambda task: task.full and task.dtype == np.uint8,
        lambda task: _LEVEL * _LEVELS * task.values,
        by_levels,
    ),
    Way(
        "partition",
        lambda task: True,
        lambda task: _MEMBER * task.members * task.values,
        partitioned,
    ),
)
