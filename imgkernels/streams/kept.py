"""What was unpacked last, kept for those who need it next."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from imgkernels.values import Array

MOST = 1 << 28  # bytes


class Kept:
    """Arrays by key, up to so many bytes together; who comes first makes them, others wait."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._found: OrderedDict[Hashable, Future[Array]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Array]) -> Array:
        """Return the array of a key, made by whoever asks first."""
        with self._lock:
            known = self._found.get(key)
            found = self._found.setdefault(key, Future())
            self._found.move_to_end(key)
        if known is None:
            try:
                found.set_result(make())
            except BaseException as error:  # noqa: BLE001 - those who wait are told
                found.set_exception(error)
            self._forget(found)
        return found.result()

    def _forget(self, latest: Future[Array]) -> None:
        """Count the latest, and let go of what was not asked for longest."""
        with self._lock:
            self._size += _size(latest)
            while self._size > self._most and self._oldest() is not latest:
                self._size -= _size(self._found.popitem(last=False)[1])

    def _oldest(self) -> Future[Array]:
        return next(iter(self._found.values()))


def _size(found: Future[Array]) -> int:
    """Return the bytes of an array; 0 for one that is not made yet, or could not be."""
    return 0 if not found.done() or found.exception() else found.result().nbytes
