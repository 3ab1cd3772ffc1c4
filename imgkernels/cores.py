"""How many threads to use, and work done on them in order."""

from __future__ import annotations

import contextlib
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


@contextlib.contextmanager
def limited(count: int) -> Iterator[None]:
    """Let what is done inside use so many threads, where none are asked for."""
    before = _limit.set(count)
    try:
        yield
    finally:
        _limit.reset(before)


def spread(work: Callable[[T], object], items: Iterable[T], threads: int | None = None) -> None:
    """Do the work for each item on so many threads (default: all), this one among them.

    The first error is raised, and nobody begins another item then. Work that is spread inside is
    done by the thread that it is in. The threads stay for the next time, as starting one takes
    longer than small work; who comes too late is not waited for.
    """
    items = list(items)
    count = min(threads_from() if threads is None else threads, len(items))
    left = iter(items)

    def take() -> None:
        with limited(1) if count > 1 else contextlib.nullcontext():
            try:
                for item in left:  # each goes to whoever asks first
                    work(item)
            except BaseException:
                deque(left, maxlen=0)
                raise

    helpers = [_crew().submit(take) for _ in range(count - 1)]
    try:
        take()
    finally:
        errors = [helper.exception() for helper in helpers if not helper.cancel()]
    for error in filter(None, errors):
        raise error


@functools.cache
def _crew() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_crew.cache_clear)  # threads do not live on in a fork
    return ThreadPoolExecutor(cores(), "imgkernels")


def aside(work: Callable[[], T]) -> T:
    """Return what the work makes in a thread of its own: Ctrl-C ends the wait, not the work.

    For what holds the calling thread for long outside Python, and for imports: interrupted in the
    middle they can leave Python's lock for imports taken, and others then wait for it for ever.
    """
    import threading
    from concurrent.futures import Future

    future: Future[T] = Future()

    def make() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised by the one who waits
            future.set_exception(error)

    threading.Thread(target=make).start()
    return future.result()


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


def ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield the items, the next of which is made, in a thread, while one is worked on."""
    from concurrent.futures import ThreadPoolExecutor

    if threads_from() == 1:
        yield from items
        return
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def cores() -> int:
    """Return how many cores this process may use."""
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able else os.cpu_count() or 1
