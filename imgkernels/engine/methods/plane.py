"""What OpenCV's filters share: two axes, the borders they know, how arrays go in and out."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from imgkernels import opencv
from imgkernels.border import Border
from imgkernels.engine.finish import Finish
from imgkernels.engine.methods.method import extended, one_kernel, samples, strided
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, Floats

# OpenCV's own numbers for borders (core/base.hpp); its filters refuse WRAP, and take no value.
FLAGS = {Border.CONSTANT: 0, Border.REPLICATE: 1, Border.SYMMETRIC: 2, Border.REFLECT: 4}
CONSTANT = FLAGS[Border.CONSTANT]
MOST_CHANNELS = 128
LARGEST = 401  # taps of a side: taking more apart lasts longer than filtering
_WHOLE = 2.0**30  # room in 32 bits for a sum and an offset

PlaneFilter = Callable[..., Any]  # (image, border flag, answer to be filled or None) -> answer


class Sums(NamedTuple):
    """A filter of planes that makes sums in the compute dtype, and what it is best given.

    Images are given in `dtype`, or as they are where their own dtype is one of the `quick` ones.
    `free` tells that the sums of a row do not depend on where the image begins and ends.
    """

    filter: PlaneFilter
    dtype: np.dtype[Any]
    quick: tuple[str, ...] = ()
    free: bool = True


class Planar(ABC):
    """A method whose work on a plane is one call, which may write where it is told to."""

    @abstractmethod
    def sums(self, problem: Problem) -> Sums:
        """Return what makes the sums of a problem."""

    def rounding(self, problem: Problem, finish: Finish) -> PlaneFilter | None:
        """Return what makes them in the dtype of the image and finished, where that is quicker."""
        return None

    def missing(self) -> str | None:
        """Say that OpenCV cannot be imported."""
        return missing()

    def run(self, problem: Problem, x: Array, weights: Array | None) -> Floats:
        """Make the sums of a batch of images."""
        return run(problem, x, self.sums(problem))

    def finishes(self, problems: Sequence[Problem], x: Array, finish: Finish) -> bool:
        """Tell whether sums are rounded where they are made."""
        return len(problems) == 1 and self.rounding(problems[0], finish) is not None

    def finished(self, problems: Sequence[Problem], x: Array, finish: Finish) -> Array:
        """Make and round the sums of a batch of images."""
        (problem,), rounding = problems, self.rounding(problems[0], finish)
        assert rounding is not None
        return run(problem, x, Sums(rounding, problem.dtype), problem.dtype)


def missing() -> str | None:
    """Say that OpenCV cannot be imported."""
    return None if opencv.load() is not None else "OpenCV cannot be imported"


def obstacle(problem: Problem) -> str | None:
    """Say why OpenCV's 2-D filters cannot take a problem."""
    if problem.ndim != 2:
        return f"OpenCV filters 2 axes; this has {problem.ndim}"
    if problem.channels > MOST_CHANNELS:
        return too_many_channels(problem)
    return one_kernel(problem)


def too_many_channels(problem: Problem) -> str:
    """Say how many channels OpenCV takes."""
    return f"OpenCV takes at most {MOST_CHANNELS} channels; this has {problem.channels}"


def run(problem: Problem, x: Array, sums: Sums, result: np.dtype[Any] | None = None) -> Array:
    """Filter each image of the batch; the answer is in `result`, the compute dtype unless said.

    Where OpenCV does not have the border, or the extent is not "same", the image is extended first
    and the answer cut out of the middle.
    """
    if x.dtype.name not in sums.quick:
        x = x.astype(sums.dtype, copy=False)
    if needs_extending(problem):
        whole, flag = extended(problem, x), CONSTANT
        corner = [before for before, _ in problem.reach]
    else:
        whole, flag, corner = x, FLAGS.get(problem.border, CONSTANT), [0, 0]
    rows, columns = (slice(c, c + n) for c, n in zip(corner, problem.dense_space, strict=True))
    shape = (*whole.shape[1:3], problem.channels)
    planes = [sums.filter(image, flag).reshape(shape)[rows, columns] for image in whole]
    y: Array = planes[0][np.newaxis] if len(planes) == 1 else np.stack(planes)
    return strided(problem, y).astype(result or problem.compute, copy=False)


def rounds(problem: Problem, finish: Finish) -> bool:
    """Tell whether OpenCV may round the sums of a problem where it makes them.

    From 8 bits to 8 bits; from others it is no quicker than with floats on the way. It rounds half
    to even, as we do, through 32-bit integers, which must hold every sum.
    """
    bytes_alone = problem.dtype == finish.result == np.uint8
    if finish.length or problem.kernel is None or not bytes_alone:
        return False
    parts = problem.kernel.factors or (problem.kernel.taps,)
    most = math.prod(float(np.abs(part).sum()) for part in parts)
    return most * 255 < _WHOLE and problem.border_value in range(256)


def needs_extending(problem: Problem) -> bool:
    """Whether the border has to be laid around the image before OpenCV sees it."""
    valued = problem.border is Border.CONSTANT and problem.border_value != 0
    native = problem.border in FLAGS and not valued
    return problem.extent != "same" or not native or wide(problem.reach, problem.space)


def wide(reach: Sequence[tuple[int, int]], space: Sequence[int]) -> bool:
    """Whether a window reaches beyond a whole image: OpenCV's reflections are not relied on."""
    return any(max(r) >= n for r, n in zip(reach, space, strict=True))


def overhead(problem: Problem) -> float:
    """Return the seconds a call takes beside the sums: the call, and laying the border."""
    return 2e-5 + (1.2e-9 * samples(problem) if needs_extending(problem) else 0.0)
