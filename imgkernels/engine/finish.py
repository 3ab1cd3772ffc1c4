"""What becomes of the sums of a correlation, said apart from them so that one loop may do both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from imgkernels.values import Array, Floats, saturate


@dataclass(frozen=True)
class Finish:
    """The length of the vector of all sums, then an offset, then rounding to a dtype, if asked."""

    length: bool = False
    offset: float = 0.0
    result: np.dtype[Any] | None = None

    def of(self, sums: Sequence[Floats]) -> Array:
        """Finish the sums of one kernel, or of several where their length is asked for."""
        y = sums[0]
        if self.length:
            with np.errstate(invalid="ignore", over="ignore"):  # as IEEE has it
                y = reduce(np.hypot, sums) if len(sums) > 1 else np.abs(y)
        if self.offset:
            y = y + y.dtype.type(self.offset)
        return y if self.result is None else saturate(y, self.result)
