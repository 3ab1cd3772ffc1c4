"""What becomes of the sums of a correlation, said apart from them so that one loop may do both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from imgkernels.values import Array, Floats, saturate

_LOW, _HIGH = 1e-15, 1e15  # lengths whose squares float32 holds as well
_CHUNK = 1 << 15  # values whose squares stay in a core's own cache


@dataclass(frozen=True)
class Finish:
    """The length of the vector of all sums, then an offset, then rounding to a dtype, if asked."""

    length: bool = False
    offset: float = 0.0
    result: np.dtype[Any] | None = None

    def of(self, sums: Sequence[Floats]) -> Array:
        """Finish the sums of one kernel, or of several where their length is asked for."""
        y = length_of(sums) if self.length else sums[0]
        if self.offset:
            y = y + y.dtype.type(self.offset)
        return y if self.result is None else saturate(y, self.result)


def length_of(sums: Sequence[Floats], answer: Floats | None = None) -> Floats:
    """Return the length of the vector of all sums, written to `answer` if there is one.

    A length from 1e-15 on depends on its vector alone, wherever it lies; by OpenCV it would not, to
    the last bit.
    """
    y = np.empty(sums[0].shape, sums[0].dtype) if answer is None else answer
    if len(sums) == 1:
        return np.abs(sums[0], out=y)
    rows, target = [np.ascontiguousarray(each).reshape(-1) for each in sums], y.reshape(-1)
    square = np.empty(min(_CHUNK, target.size), target.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # as IEEE has it
        for start in range(0, target.size, _CHUNK):
            parts, total = [row[start : start + _CHUNK] for row in rows], target[start:][:_CHUNK]
            np.multiply(parts[0], parts[0], total)
            for part in parts[1:]:
                np.add(total, np.multiply(part, part, square[: total.size]), total)
            np.sqrt(total, total)
        most = float(target.max(initial=0))
        if not _LOW < most < _HIGH and (most != 0 or any(row.any() for row in rows)):  # or NaN
            far = ~((target > _LOW) & (target < _HIGH))
            target[far] = reduce(np.hypot, [row[far] for row in rows])
    return y
