"""What is learned of a whole set before training: mean, deviation, whitening."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.values import Floats

EPSILON = 1e-6  # added to deviations, as Keras adds it


@dataclass(frozen=True, eq=False)
class Statistics:
    """Mean and deviation of each channel; the matrix that whitens a picture laid out flat."""

    mean: Floats
    deviation: Floats
    whitening: Floats | None = None

    @classmethod
    def of(cls, x: Floats, *, center: bool, whiten: bool, epsilon: float) -> Statistics:
        """Measure pictures `(N, H, W, C)`; whitening is of what is centred and scaled, if asked."""
        mean = x.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)
        deviation = x.std(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)
        if not whiten:
            return cls(mean, deviation)
        flat = (x - mean if center else x).reshape(len(x), -1).astype(np.float64)
        values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
        matrix = (vectors / np.sqrt(values.clip(0) + epsilon)) @ vectors.T
        return cls(mean, deviation, matrix.astype(np.float32))

    def whitened(self, x: Floats) -> Floats:
        """Return pictures whose pixels are no longer correlated over the set."""
        if self.whitening is None:
            return x
        return (x.reshape(len(x), -1) @ self.whitening).reshape(x.shape)
