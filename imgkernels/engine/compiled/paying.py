"""When compiling pays: once what it would have saved since the program began has paid for it.

So the way depends on what ran before. That may be where every way is exact: answers do not.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable

_COUNTING = threading.Lock()
_missed: defaultdict[Hashable, float] = defaultdict(float)  # seconds not saved so far


def paid(which: Hashable, saved: float, start: float) -> bool:
    """Count the seconds that something would save now; tell whether they now exceed `start`."""
    with _COUNTING:
        _missed[which] += saved
        return _missed[which] > start
