"""Means of losses and metrics over the samples seen so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgkernels.nn.metrics import Metric
from imgkernels.values import Array, Floats


class Tally:
    """Sums in float64; the loss is weighted by the samples' weights, metrics are not (Keras)."""

    def __init__(self, metrics: Sequence[tuple[str, Metric]]) -> None:
        self.metrics = tuple(metrics)
        self.count = 0
        self.sums = np.zeros(1 + len(self.metrics))

    def add(
        self, each: Floats, target: Array, y: Floats, weights: Floats | None, penalty: float
    ) -> None:
        """Count a batch with the loss of each sample."""
        loss = each.sum(dtype=np.float64) if weights is None else float(each @ weights)
        told = [metric(target, y).sum(dtype=np.float64) for _, metric in self.metrics]
        self.sums += [loss + penalty * len(each), *told]
        self.count += len(each)

    def means(self) -> dict[str, float]:
        """Return loss and metrics by name."""
        names = ["loss", *(name for name, _ in self.metrics)]
        return dict(zip(names, (self.sums / max(self.count, 1)).tolist(), strict=True))
