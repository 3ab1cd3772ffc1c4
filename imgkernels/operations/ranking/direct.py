"""Ranks that one call of OpenCV's finds, border and all, and writes where they belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.border import Border
from imgkernels.engine import Fill
from imgkernels.engine.fill import straight
from imgkernels.engine.methods.plane import FLAGS, wide
from imgkernels.operations.ranking.task import Task
from imgkernels.operations.ranking.ways import COLOURS, EXTREMES, MEDIANS
from imgkernels.values import Array, all_finite, room_for

_SMALL = 5  # the side up to which OpenCV's medians are networks, which nothing beats

Call = Callable[[Array, Array | None], Any]


def fill_for(task: Task, border: Border, value: float) -> Fill | None:
    """Return what ranks the windows of an image of the task's shape; None where OpenCV cannot."""
    able = opencv.load() is not None and task.full and task.window.ndim == 2
    holds = room_for(np.empty(0, task.dtype), value).dtype == task.dtype
    if not able or not holds or task.shape[-1] not in COLOURS:
        return None
    call = _extreme(task, border, value) or _median(task, border, value)
    if call is None:
        return None
    fills = straight(call)
    if task.dtype.kind != "f":
        return Fill(fills, free=True, straight=True)

    def unless_nan(block: Array, rows: slice, out: Array) -> bool:
        told = all_finite(block) or not np.isnan(block).any()
        return told and fills(block, rows, out)

    return Fill(unless_nan, free=True, straight=True)


def _extreme(task: Task, border: Border, value: float) -> Call | None:
    """Return what finds the lowest or the highest value.

    What a border repeats or reflects lies in a window that reaches as far before as after its
    pixel, so that OpenCV may leave out what is beyond the edge.
    """
    middle = tuple(n // 2 for n in task.sizes)
    odd = all(n % 2 for n in task.sizes) and task.window.anchor == middle
    extreme = task.place in (0, task.members - 1) and task.dtype.name in EXTREMES
    if not extreme or not odd or border is Border.WRAP:
        return None
    cv2 = opencv.require()
    grow, rows = cv2.erode if task.place == 0 else cv2.dilate, np.ones(task.sizes, np.uint8)
    flag = FLAGS[Border.CONSTANT]
    if border is Border.CONSTANT:
        beyond = (value,) * 4
        return lambda x, y: grow(x, rows, y, borderType=flag, borderValue=beyond)
    return lambda x, y: grow(x, rows, y, borderType=flag)


def _median(task: Task, border: Border, value: float) -> Call | None:
    """Return what finds the middle value of small windows; OpenCV's own border is replicate."""
    side, reach = task.square, task.square // 2
    small = 3 <= side <= min(_SMALL, MEDIANS.get(task.dtype.name, 0))
    if not small or border is Border.WRAP or wide([(reach, reach)] * 2, task.shape[:2]):
        return None
    cv2 = opencv.require()
    if border is Border.REPLICATE:
        return lambda x, y: cv2.medianBlur(x, side, y)
    flag, beyond, inside = FLAGS[border], (value,) * 4, slice(reach, -reach)

    def bordered(x: Array, y: Array | None) -> Any:
        whole = cv2.copyMakeBorder(x, reach, reach, reach, reach, flag, value=beyond)
        answer = cv2.medianBlur(whole, side)[inside, inside]
        return answer if y is None else cv2.copyTo(answer, None, y)

    return bordered
