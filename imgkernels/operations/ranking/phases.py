"""Windows ranked tile by tile, many tiles side by side: each place in a tile is a plane of its own.

Sample (y, x) of tile (i, j) lies in plane (y, x), row i, channels one after the other, at j. So the
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
_PICK, _PICK_BYTE, _PICK_COMPILED = 0.05, 0.055, 0.01
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
        self.channels = task.shape[-1]

    @property
    def length(self) -> int:
        """How many values each plane of answers has."""
        return self.tiles[0] * self.channels * self.wide[1]

    def planes(self, whole: Array, beyond: int) -> Array:
        """Lay an image out, `(planes, values)`, with at least so many values of no matter after it.

        The last windows of a row see them, and answers that are cut away are made of them.
        """
        (rows, columns), (height, width) = self.wide, self.tile
        size = rows * height, columns * width
        seen = whole[: size[0], : size[1]]
        if seen.shape[:2] != size:
            seen = np.zeros((*size, self.channels), whole.dtype)
            seen[: whole.shape[0], : whole.shape[1]] = whole[: size[0], : size[1]]
        cells = seen.reshape(rows, height, columns, width, self.channels)
        own = rows * self.channels * columns
        planes = np.empty((height * width, own + columns + beyond), whole.dtype)
        shape = height, width, rows, self.channels, columns
        planes[:, :own].reshape(shape)[...] = cells.transpose(1, 3, 0, 4, 2)
        planes[:, own:] = 0
        return planes

    def reads(self, program: Program) -> Numbers:
        """Return for each leaf its plane, and how many values further on it lies."""
        y, x = np.array(program.leaves, np.int32).T
        (height, width), row = self.tile, self.channels * self.wide[1]
        return np.stack([y % height * width + x % width, y // height * row + x // width], axis=1)

    def image(self, answers: Array, task: Task) -> Array:
        """Put answers, `(planes, values)`, together as an image."""
        cells = answers.reshape(*self.tile, self.tiles[0], self.channels, self.wide[1])
        cells = cells[..., : self.tiles[1]].transpose(2, 0, 4, 1, 3)
        sizes = [n * t for n, t in zip(self.tiles, self.tile, strict=True)]
        rows, columns = task.answered
        return np.ascontiguousarray(cells.reshape(*sizes, -1)[:rows, :columns])


def able(task: Task) -> bool:
    """Tell whether windows are what tiles are made for: full ones of two axes, not too large."""
    sides = len(task.sizes) == 2 and min(task.sizes) >= _LEAST
    return task.full and sides and max(task.sizes) <= _MOST


def compiles(task: Task) -> bool:
    """Tell whether the compiled loop can do it, in less time than a network of its own."""
    small = (task.values + math.prod(task.shape)) * task.dtype.itemsize <= MOST_BYTES
    return able(task) and task.members > _FEW and small and task.dtype.name in SOURCES


def pays(task: Task, otherwise: float, repeat: int = 1) -> bool:
    """Tell whether the compiled loop is faster than others, which take `otherwise` for each answer.

    It is compiled, and the program made, once they have paid for that, or will have after `repeat`
    such tasks.
    """
    saved = (otherwise - _each(task)) * task.values
    if saved <= 0:
        return False
    side = _side(task)
    making = _making(_work(task, side), side)
    made = paid(("tiled", task.sizes, task.place), saved, making, repeat)
    return picks.pays(task.dtype, saved, repeat) and made


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
    beyond = picks.block(image.dtype) if compiled else 0
    planes, reads = layout.planes(image, beyond), layout.reads(program)
    run = picks.run if compiled else _run
    answers = run(program, planes, reads, layout.length)
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
            slot[:count] = planes[plane, start + further : start + further + count]
        for pick, one, other, into in steps:
            pick(one, other, out=into)
        for row, answer in zip(out, program.answers.tolist(), strict=True):
            row[start : start + count] = held[answer][:count]
    return out
