"""Ranks of 8-bit values by counting, level by level, through running sums."""

from __future__ import annotations

import numpy as np

from imgkernels.engine import Problem, plan_for
from imgkernels.operations.ranking.task import Task
from imgkernels.values import Array


def by_levels(whole: Array, task: Task) -> Array:
    """Count, level by level, how much of each window lies at or below it."""
    levels = np.unique(whole)
    counting = Problem.of_kernel((1, *whole.shape), np.dtype(np.uint8), task.window, extent="valid")
    plan = plan_for(counting)
    below = np.zeros(counting.out_shape[1:], np.uint8)
    for level in levels[:-1]:
        counts = plan.run((whole <= level).view(np.uint8)[np.newaxis])[0]
        below += counts <= task.place
    ranked: Array = levels[below]
    return ranked
