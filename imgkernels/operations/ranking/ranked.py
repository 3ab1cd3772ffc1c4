"""Windows ranked by the cheapest way, the compiled ones among them once they have paid for that."""

from __future__ import annotations

from imgkernels.engine.compiled import ranks
from imgkernels.operations.ranking import phases
from imgkernels.operations.ranking.task import Task
from imgkernels.operations.ranking.ways import Way, way_for
from imgkernels.values import Array


def ranked(whole: Array, task: Task, repeat: int = 1) -> Array:
    """Return the value at the task's place in every window that lies inside an extended image.

    As many such images will come as `repeat` says.
    """
    way = way_for(task)
    if task.full and not _at_its_best(way, task):
        otherwise = way.seconds(task) / max(task.values, 1)
        if phases.compiles(task):
            if phases.pays(task, otherwise, repeat):
                return phases.ranked(whole, task, compiled=True)
        else:
            network = ranks.Ranks.of(whole.dtype, task.sizes, task.place)
            if ranks.pays(network, whole.size, otherwise, repeat):
                return ranks.ranked(network, whole)
    return way.run(whole, task)


def _at_its_best(way: Way, task: Task) -> bool:
    """Tell whether OpenCV does it by networks and vectors of its own."""
    return way.name == "extreme" or (way.name == "median" and task.square <= 5)
