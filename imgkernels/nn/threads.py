"""Two threads for two halves of a batch, and BLAS held to one in each of them.

BLAS's own threads cut one product in two and wait for each other at its end; a network is faster
when each thread carries its samples through all layers. It also keeps the answer: the same
products are made in the same order, however many threads there are.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def set_threads(count: int) -> None:
    """Let networks use so many threads from now on; the answers stay the same to the bit."""
    global _count  # noqa: PLW0603 (a setting of the process, as BLAS has it)
    _count = max(1, int(count))


def each(do: Callable[[T], Any], parts: Sequence[T]) -> None:
    """Do something for each part, on as many threads as are set; errors come out."""
    if _count == 1 or len(parts) < 2:
        for part in parts:
            do(part)
        return
    mine, others = parts[:: min(_count, len(parts))], []
    for start in range(1, min(_count, len(parts))):
        others.append(_pool().submit(_all, do, parts[start :: min(_count, len(parts))]))
    try:
        _all(do, mine)
    finally:
        for one in others:
            one.result()


def _all(do: Callable[[T], Any], parts: Sequence[T]) -> None:
    for part in parts:
        do(part)


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "imgkernels-nn")


@functools.cache
def _controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:  # slower with several cores, and right all the same
        return None
    return ThreadpoolController().select(user_api="blas")


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread inside; without threadpoolctl do nothing."""
    controller = _controller()
    if controller is None:
        yield
        return
    with controller.limit(limits=1):
        yield
