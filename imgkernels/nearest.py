"""Which filter of several does most nearly what another one does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgkernels.border import Border
from imgkernels.entry import Filter
from imgkernels.operations import Frame
from imgkernels.values import Floats


def nearest(entry: Filter, others: Sequence[Filter]) -> str:
    """Return the name of the filter whose answer on a test picture goes with this one's most.

    Those of its family come first. Compared are the answers without their mean, whatever their
    scale and sign.

    >>> from imgkernels import filters
    >>> nearest(filters.get("prewitt"), [filters.get(n) for n in ("blur", "sobel", "laplacian")])
    'sobel'
    """
    wanted = _answer(entry)
    alike = [other for other in others if other.family is entry.family] or others
    return max(alike, key=lambda other: abs(float(np.vdot(wanted, _answer(other))))).name


def _answer(entry: Filter) -> Floats:
    """Return the filter's answer on a picture of noise and edges, of mean 0 and length 1."""
    ndim = 2 if 2 in entry.ndims else entry.ndims[0]
    frame = Frame(ndim, np.dtype(np.float64), 1.0, Border.SYMMETRIC)
    picture = np.random.default_rng(0).random((24,) * ndim) * 0.5
    picture[(slice(8, 18),) * ndim] += 0.5
    samples = {knob.name: knob.param.example for knob in entry.params if knob.required}
    y: Floats = entry.operation(frame, **samples).run(picture[..., np.newaxis], frame)
    y = y - y.mean()
    length = float(np.linalg.norm(y))
    return y / length if length else y
