"""When compiling pays: once what it would have saved since the program began exceeds its time.

What is still to come counts too, where that is known. So the way depends on what ran before. That
may be where every way is exact: answers do not.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable

_COUNTING = threading.Lock()
_missed: defaultdict[Hashable, float] = defaultdict(float)  # seconds not saved so far


def paid(which: Hashable, saved: float, start: float, repeat: int = 1) -> bool:
    """Count the seconds that something would save now; tell whether they exceed `start`.

    What it will save counts too, where as much is to be done `repeat` times.
    """
    with _COUNTING:
        _missed[which] += saved
        return _missed[which] + saved * (repeat - 1) > start
