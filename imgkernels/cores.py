"""How many threads to use, and work done on them in order."""

from __future__ import annotations

import functools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

from imgkernels.errors import InvalidValue

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

VARIABLE = "IMGKERNELS_THREADS"
_limit: ContextVar[int | None] = ContextVar("limit", default=None)

T = TypeVar("T")
R = TypeVar("R")


def threads_from(asked: int | None = None) -> int:
    """Return how many threads to use: what was asked for, IMGKERNELS_THREADS, or all cores."""
    limit = _limit.get()
    if asked is None and limit is not None:
        return limit
    who = VARIABLE if asked is None else "threads"
    word = os.environ.get(VARIABLE) if asked is None else str(asked)
    if not word:
        return cores()
    if not word.isdecimal() or int(word) < 1:
        raise InvalidValue(f"{who}: must be a whole number of 1 or more; got {word!r}")
    return int(word)


def limit_threads(count: int) -> None:
    """Let what the calling thread does use so many threads, where none are asked for.

    For one of several that work on pictures of their own at the same time.
    """
    _limit.set(count)


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield what `work` makes of each item, in order; a few are worked on at once, on all cores.

    Items are taken one by one, so they may be made on the way.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    threads = threads_from()
    if threads == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def together(work: Callable[[], None], threads: int) -> None:
    """Do the same work on so many threads at once, this one among them; what goes wrong is raised.

    For work that each of them takes its share of until nothing is left: who comes too late is not
    waited for. The threads stay for the next time, as starting one takes longer than small work.
    """
    helpers = [_crew().submit(work) for _ in range(threads - 1)]
    try:
        work()
    finally:
        for helper in helpers:
            if not helper.cancel():
                helper.result()


@functools.cache
def _crew() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_crew.cache_clear)  # threads do not live on in a fork
    return ThreadPoolExecutor(cores(), "imgkernels")


def cores() -> int:
    """Return how many cores this process may use."""
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able else os.cpu_count() or 1
