"""The machine's limits, measured beside the filters: copying and multiplying; and its noise."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imgkernels.bench.timing import quarters, seconds

_SIDE = 1024  # of the square matrices
_COPIED = 32 << 20  # bytes, more than a core's cache


@dataclass
class Limits:
    """Samples of the limits, taken between the rows of a run."""

    copies: list[float] = field(default_factory=list)
    products: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    def sample(self) -> None:
        """Measure each of them three times."""
        source = np.ones(_COPIED // 4, np.float32)
        target = np.empty_like(source)
        a = np.ones((_SIDE, _SIDE), np.float32)
        product = np.empty_like(a)
        for _ in range(3):
            self.copies.append(2 * _COPIED / seconds(lambda: np.copyto(target, source)) / 1e9)
            self.products.append(_SIDE**3 / seconds(lambda: np.matmul(a, a, out=product)) / 1e9)
        if hasattr(os, "getloadavg"):
            self.loads.append(os.getloadavg()[0])

    def facts(self) -> dict[str, Any]:
        """Return quartiles, and how far the quartiles lie apart: the machine's noise."""
        copy, product = quarters(self.copies[1:]), quarters(self.products[1:])
        return {
            "copy GB/s": copy,
            "sgemm GMAC/s": product,
            "noise": round(max((q[2] - q[0]) / q[1] for q in (copy, product)), 3),
            "load": [round(min(self.loads), 2), round(max(self.loads), 2)] if self.loads else None,
        }
