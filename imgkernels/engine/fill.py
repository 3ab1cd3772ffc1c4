"""Sums finished straight into where they belong, with all decided that can be decided before.

A picture of a few hundred pixels a side is filtered in less time than it takes to plan, check and
extend it. So what runs again and again on blocks of one shape is made once, and is a call of
OpenCV's or two that read the block as it lies and write where the answer is to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from imgkernels import opencv
from imgkernels.engine.finish import Finish, length_of
from imgkernels.engine.methods import Compiling, method_named, plane
from imgkernels.engine.planner import Plan
from imgkernels.engine.problem import Problem
from imgkernels.values import Array, all_finite

# (block, its rows that are asked for, where they go) -> whether it could be done
Fills = Callable[[Array, slice, Array], bool]
_LEVELS = {"uint8": 255.0, "uint16": 65535.0}  # what is read and stored without floats between
_WHOLE = 2.0**30  # room in 32 bits for sums on their way to levels


@dataclass(frozen=True)
class Fill:
    """What fills the answer for blocks `(H, W)` or `(H, W, C)` of a picture.

    A block's first and last rows see the border beyond them. `free` tells that a row's answer is
    the same to the bit wherever its block begins and ends, so that blocks may be cut anywhere;
    `straight`, that it is made by one call that needs no room of its own; `threaded`, that this
    call goes by all threads. `methods` are those of the engine that it uses.
    """

    fills: Fills
    free: bool = False
    straight: bool = False
    threaded: bool = False
    methods: tuple[str, ...] = ()


def fill_for(plans: Sequence[Plan], finish: Finish) -> Fill | None:
    """Return what runs some plans for one picture, and finishes their sums; None: nothing can."""
    problems, methods = [plan.problem for plan in plans], [method_named(p.method) for p in plans]
    if isinstance(methods[0], Compiling):
        if not methods[0].ieee:
            return None  # its sums slide over all lines there are
        alike = len({plan.method for plan in plans}) == 1 and finish.result is not None
        fits = alike and not problems[0].empty and problems[0].extent == "same"
        return _compiled(methods[0], problems, finish) if fits else None
    plain = all(p.shape[0] == 1 and not plane.needs_extending(p) for p in problems)
    planar = [method for method in methods if isinstance(method, plane.Planar)]
    if not plain or len(planar) < len(methods) or finish.result is None or problems[0].empty:
        return None
    if len(plans) == 1 and not finish.length:
        rounding = planar[0].rounding(problems[0], finish)
        if rounding is not None:
            fills = _straight(rounding, problems[0])
            return Fill(fills, free=True, straight=True, methods=(plans[0].method,))
    if not _storable(problems, finish):
        return None
    sums = [method.sums(problem) for method, problem in zip(planar, problems, strict=True)]
    free, names = all(each.free for each in sums), tuple(plan.method for plan in plans)
    return Fill(_summed(sums, problems, finish), free, methods=names)


def _compiled(method: Compiling, problems: Sequence[Problem], finish: Finish) -> Fill:
    """Return what fills by a compiled loop, which goes by all threads and knows every border."""
    shaped: dict[tuple[int, ...], list[Problem]] = {}

    def fills(block: Array, rows: slice, out: Array) -> bool:
        shape = (1, *block.shape, *(() if block.ndim == 3 else (1,)))
        if shape not in shaped:
            shaped[shape] = [replace(problem, shape=shape) for problem in problems]
        x, posed = block.reshape(shape), shaped[shape]
        if not method.finishes(posed, x, finish):
            return False
        if len(block) == len(out):
            method.finished(posed, x, finish, out)
        else:
            out[...] = method.finished(posed, x, finish).reshape(block.shape)[rows]
        return True

    return Fill(fills, free=True, straight=True, threaded=True, methods=(method.name,))


def straight(call: Callable[[Array, Array | None], Any]) -> Fills:
    """Return what fills by one call of OpenCV's, `(image, answer or None) -> answer`."""

    def fills(block: Array, rows: slice, out: Array) -> bool:
        image = flat(block)
        if len(block) == len(out):
            call(image, flat(out))
        else:
            flat(out)[...] = call(image, None)[rows]
        return True

    return fills


def flat(x: Array) -> Array:
    """Return `(H, W, 1)` as `(H, W)`, which is how OpenCV answers; others as they are."""
    return x[..., 0] if x.ndim == 3 and x.shape[-1] == 1 else x


def _straight(rounding: plane.PlaneFilter, problem: Problem) -> Fills:
    border = plane.FLAGS[problem.border]
    return straight(lambda image, answer: rounding(image, border, answer))


def _storable(problems: Sequence[Problem], finish: Finish) -> bool:
    """Tell whether sums go to the result by OpenCV as by ourselves: floats, or levels in range."""
    first, result = problems[0], finish.result
    if result == first.compute:
        return not finish.offset
    if first.dtype.name not in _LEVELS or result is None or result.name not in _LEVELS:
        return False
    most = max(float(np.abs(p.kernel.taps).sum()) for p in problems if p.kernel is not None)
    highest = most * _LEVELS[first.dtype.name] * len(problems) + abs(finish.offset)
    return first.compute == np.float32 and highest < _WHOLE


def _summed(sums: Sequence[plane.Sums], problems: Sequence[Problem], finish: Finish) -> Fills:
    border, source = plane.FLAGS[problems[0].border], problems[0].dtype
    makers = [(each.filter, None if source.name in each.quick else each.dtype) for each in sums]
    alone, store = len(sums) == 1, _stores(finish, _whole(problems))
    kept = finish.result == problems[0].compute

    def fills(block: Array, rows: slice, out: Array) -> bool:
        if source.kind == "f" and not all_finite(block):
            return False
        image, target = flat(block), flat(out)
        given: dict[np.dtype[Any] | None, Array] = {None: image}
        for _, dtype in makers:
            if dtype not in given:
                given[dtype] = image.astype(dtype, copy=False)
        if alone and kept and not finish.length and len(block) == len(out):
            make, dtype = makers[0]
            make(given[dtype], border, target)
            return True
        found = [make(given[dtype], border)[rows] for make, dtype in makers]
        store(found, target)
        return True

    return fills


def _whole(problems: Sequence[Problem]) -> bool:
    """Tell whether all sums are whole numbers."""
    kernels = [problem.kernel for problem in problems if problem.kernel is not None]
    taps = [part for kernel in kernels for part in kernel.factors or (kernel.taps,)]
    return problems[0].dtype.kind in "iu" and all(
        bool((part == np.rint(part)).all()) for part in taps
    )


def _stores(finish: Finish, whole: bool) -> Callable[[list[Array], Array], None]:
    """Return what brings the sums of some kernels, which may be whole numbers, to the answer."""
    cv2 = opencv.require()
    assert finish.result is not None
    result, length, offset = finish.result, finish.length, finish.offset
    depth = {"uint8": cv2.CV_8U, "uint16": cv2.CV_16U}.get(result.name)
    # Of whole numbers those lengths that 8 bits hold are the same to the bit by OpenCV.
    quick = length and whole and depth == cv2.CV_8U and not offset

    def stores(sums: list[Array], out: Array) -> None:
        if depth is None and length:
            length_of(sums, out)
            return
        target = out.reshape(len(out), -1)
        if quick and len(sums) == 2:
            one, other = (y.reshape(len(y), -1) for y in sums)
            cv2.convertScaleAbs(cv2.magnitude(one, other), target)
            return
        y = length_of(sums) if length else sums[0]
        if depth is None:
            out[...] = y
        else:
            cv2.add(y.reshape(len(y), -1), offset, target, dtype=depth)

    return stores
