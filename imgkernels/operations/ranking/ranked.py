"""Windows ranked by the cheapest way, the compiled ones among them once they have paid for that."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from imgkernels.cores import in_order, threads_from
from imgkernels.engine.compiled import ranks
from imgkernels.operations.ranking import phases
from imgkernels.operations.ranking.task import Task
from imgkernels.operations.ranking.ways import Way, way_for
from imgkernels.values import Array

_FREE = {"median", "octets"}  # ways whose time is OpenCV's, while others may run Python
_SHARED = 4e-3  # seconds of work from which on threads pay
_LEAST = 2  # times the window's height: strips that are not much lower than what they read


def ranked(whole: Array, task: Task, repeat: int = 1) -> Array:
    """Return the value at the task's place in every window that lies inside an extended image.

    As many such images will come as `repeat` says.
    """
    way = way_for(task)
    if not task.full or _at_its_best(way, task):
        return way.run(whole, task)
    otherwise = way.seconds(task) / max(task.values, 1)
    if phases.compiles(task):
        if phases.pays(task, otherwise, repeat):
            return phases.ranked(whole, task, compiled=True)
    else:
        network = ranks.Ranks.of(whole.dtype, task.sizes, task.place)
        if ranks.pays(network, whole.size, otherwise, repeat):
            return ranks.ranked(network, whole)
    return _in_strips(whole, task, way)


def _at_its_best(way: Way, task: Task) -> bool:
    """Tell whether OpenCV does it by networks and vectors of its own."""
    return way.name == "extreme" or (way.name == "median" and task.square <= 5)


def _in_strips(whole: Array, task: Task, way: Way) -> Array:
    """Rank one strip of rows on each core; a window's answer depends on the window alone."""
    rows, height = task.answered[0], task.sizes[0]
    count = min(threads_from(), rows // (_LEAST * height))
    if count < 2 or way.name not in _FREE or way.seconds(task) < _SHARED:
        return way.run(whole, task)
    ends = [rows * i // count for i in range(count + 1)]
    strips = (whole[start : end + height - 1] for start, end in itertools.pairwise(ends))
    found = in_order(lambda part: way.run(part, replace(task, shape=part.shape)), strips)
    return np.concatenate(list(found))
