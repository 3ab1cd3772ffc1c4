"""Windows ranked tile by tile, many tiles side by side: each place in a tile is a plane of its own.

Sample (y, x) of tile (i, j) lies in plane (y, x) at i * row + j, for every channel, so that the
same place in the next tile is the next value, and all tiles are one long row.
"""

from __future__ import annotations

import math

import numpy as np

from imgkernels.engine.compiled import picks
from imgkernels.engine.compiled.library import MOST_BYTES
from imgkernels.engine.compiled.paying import paid
from imgkernels.engine.compiled.picks import Numbers, Program
from imgkernels.engine.compiled.slide import SOURCES
from imgkernels.operations.ranking import tiled
from imgkernels.operations.ranking.task import Task
from imgkernels.values import Array

_LEAST, _MOST = 3, 101  # sides of windows; others share too little, or are too long to make
_FEW = 36  # members up to which a network compiled for itself is as quick
_SMALL, _LARGE = 4, 8  # sides of tiles
_WIDE = 13  # the window's side from which on large tiles pay
_NODE = 1.6e-6  # seconds to make one minimum or maximum of a program

# Nanoseconds of a minimum or maximum: in numpy, and each byte of it; each byte in the loop.
_PICK, _PICK_BYTE, _PICK_COMPILED = 0.05, 0.055, 0.0105
_PLANE = 1 << 14  # bytes of each value that numpy computes at a time


class _Layout:
    """Where samples and answers lie in planes."""

    def __init__(self, task: Task, side: int) -> None:
        self.tile = tiled.tile_of(task.sizes, side)
        self.tiles = tuple(-(-n // t) for n, t in zip(task.answered, self.tile, strict=True))
        # As many more as the windows of the last tile reach.
        self.wide = tuple(
            n + -(-(k - 1) // t) for n, k, t in zip(self.tiles, task.sizes, self.tile, strict=True)
        )

    def planes(self, whole: Array) -> Array:
        """Lay an image out, `(planes, values)`; what is beyond its end is of no matter."""
        (rows, columns), (height, width) = self.wide, self.tile
        channels = whole.shape[-1]
        size = rows * height, columns * width
        missing = [(0, max(0, n - m)) for n, m in zip(size, whole.shape, strict=False)]
        if any(n for _, n in missing):
            whole = np.pad(whole, [*missing, (0, 0)], mode="edge")
        cells = whole[: size[0], : size[1]].reshape(rows, height, columns, width, channels)
        planes = np.ascontiguousarray(cells.transpose(1, 3, 4, 0, 2))
        return planes.reshape(height * width, -1)

    def reads(self, program: Program) -> Numbers:
        """Return for each leaf its plane, and how many values further on it lies."""
        y, x = np.array(program.leaves, np.int32).T
        height, width = self.tile
        return np.stack(
            [y % height * width + x % width, y // height * self.wide[1] + x // width], axis=1
        )

    def image(self, answers: Array, task: Task) -> Array:
        """Put answers, `(planes, values)`, together as an image."""
        shape = *self.tile, task.shape[-1], *self.wide
        cells = answers.reshape(shape)[..., : self.tiles[0], : self.tiles[1]]
        whole = cells.transpose(3, 0, 4, 1, 2)
        sizes = [n * t for n, t in zip(self.tiles, self.tile, strict=True)]
        rows, columns = task.answered
        return np.ascontiguousarray(whole.reshape(*sizes, -1)[:rows, :columns])


def able(task: Task) -> bool:
    """Tell whether windows are what tiles are made for: full ones of two axes, not too large."""
    sides = len(task.sizes) == 2 and min(task.sizes) >= _LEAST
    return task.full and sides and max(task.sizes) <= _MOST


def compiles(task: Task) -> bool:
    """Tell whether the compiled loop can do it, in less time than a network of its own."""
    small = (task.values + math.prod(task.shape)) * task.dtype.itemsize <= MOST_BYTES
    return able(task) and task.members > _FEW and small and task.dtype.name in SOURCES


def pays(task: Task, otherwise: float) -> bool:
    """Tell whether the compiled loop is faster than others, which take `otherwise` for each answer.

    It is compiled, and the program made, once they have paid for that.
    """
    saved = (otherwise - _each(task)) * task.values
    if saved <= 0:
        return False
    side = _side(task)
    made = paid(("tiled", task.sizes, task.place), saved, _making(_work(task, side), side))
    return picks.pays(task.dtype, saved) and made


def cost(task: Task) -> float:
    """Return the nanoseconds that numpy takes, about."""
    work = _work(task, _SMALL)
    each = 1.5 * task.dtype.itemsize + work * (_PICK + _PICK_BYTE * task.dtype.itemsize)
    return each * task.values + 1e9 * _making(work, _SMALL)


def _each(task: Task) -> float:
    """Return the seconds of an answer in the compiled loop, about."""
    return 1e-9 * task.dtype.itemsize * (0.9 + _PICK_COMPILED * _work(task, _side(task)))


def _side(task: Task) -> int:
    """Return the side of tiles in the compiled loop: large ones share more, and need more room."""
    return _LARGE if min(task.sizes) >= _WIDE else _SMALL


def _work(task: Task, side: int) -> float:
    """Return how many minima and maxima an answer takes, about."""
    scale, power = (4.4, 0.86) if side == _LARGE else (2.1, 1.05)
    return scale * math.pow(task.members, power)


def _making(work: float, side: int) -> float:
    """Return the seconds that making a program takes, about."""
    return _NODE * work * side * side


def ranked(whole: Array, task: Task, compiled: bool) -> Array:
    """Rank the full windows of an image of 2 axes and channels."""
    side = _side(task) if compiled else _SMALL
    layout, program = _Layout(task, side), tiled.program(task.sizes, task.place, side)
    # numpy compares halves one by one; every one of them is a float32.
    image = whole.astype(np.float32) if whole.dtype == np.float16 else whole
    planes, reads = layout.planes(image), layout.reads(program)
    run = picks.run if compiled else _run
    answers = run(program, planes, reads, planes.shape[1])
    return layout.image(answers, task).astype(whole.dtype, copy=False)


def _run(program: Program, planes: Array, reads: Numbers, length: int) -> Array:
    """Run a program in numpy, a minimum or maximum of some thousand values at a time."""
    out = np.empty((len(program.answers), length), planes.dtype)
    block = min(length, _PLANE // planes.dtype.itemsize)
    held = list(np.empty((program.slots, block), planes.dtype))
    steps = [
        (pick, held[one], held[other], held[into])
        for low, high, one, other in program.steps.tolist()
        for pick, into in ((np.minimum, low), (np.maximum, high))
        if into != program.slots - 1
    ]
    for start in range(0, length, block):
        count = min(block, length - start)
        for slot, (plane, further) in zip(held, reads.tolist(), strict=False):
            there = planes[plane, start + further : start + further + block]
            slot[: len(there)] = there
        for pick, one, other, into in steps:
            pick(one, other, out=into)
        for row, answer in zip(out, program.answers.tolist(), strict=True):
            row[start : start + count] = held[answer][:count]
    return out
