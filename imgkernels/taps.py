"""Arrays of weights: what makes a valid one, and how they are laid out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue

Taps = npt.NDArray[np.float64]

_MOST_TAPS = 1 << 24


def affordable(shape: Sequence[int]) -> None:
    """Raise `InvalidValue` where a window has more taps than can be laid out."""
    if math.prod(shape) > _MOST_TAPS:
        window = " x ".join(map(str, shape))
        raise InvalidValue(f"kernel: at most {_MOST_TAPS} taps can be laid out; got {window}")


def checked_taps(taps: npt.ArrayLike, axes: int | None = None) -> Taps:
    """Return the weights as a read-only float64 array; raise `InvalidValue` for what is none."""
    try:
        raw: npt.NDArray[Any] = np.asarray(taps)
    except ValueError:
        raise InvalidValue("kernel: rows must be of one length; got a ragged list") from None
    if raw.dtype.kind not in "biuf":
        raise InvalidValue(f"kernel: taps must be real numbers; got {raw.dtype.name}")
    if raw.size == 0:
        raise InvalidValue(f"kernel: must hold at least one tap; got shape {raw.shape}")
    if not (raw.ndim == axes if axes else 1 <= raw.ndim <= 3):
        raise InvalidValue(
            f"kernel: must have {axes or '1 to 3'} axes; got {raw.ndim}, shape {raw.shape}"
        )
    copy = np.array(raw, np.float64, order="C")
    with np.errstate(over="ignore"):
        if not np.isfinite(np.abs(copy).sum()):
            raise InvalidValue("kernel: taps and their sum must be finite; got NaN or infinity")
    return read_only(copy)


def checked_anchor(anchor: Sequence[int] | int | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the anchor as one index per axis, in the middle unless given."""
    if anchor is None:
        return tuple(n // 2 for n in shape)
    found = tuple(anchor) if isinstance(anchor, Sequence) else (anchor,) * len(shape)
    inside = len(found) == len(shape) and all(
        isinstance(a, Integral) and 0 <= int(a) < n for a, n in zip(found, shape, strict=True)
    )
    if not inside:
        raise InvalidValue(f"kernel: anchor must lie in the window {shape}; got {anchor!r}")
    return tuple(int(a) for a in found)


def read_only(row: Taps) -> Taps:
    """Return the same array, closed for writing."""
    row.flags.writeable = False
    return row


def separated(taps: Taps, exact: float) -> tuple[Taps, ...] | None:
    """Return one row per axis whose outer product is the taps, or None where there is none.

    What is missed may be `exact` times the largest tap.
    """
    pivot = np.unravel_index(int(np.argmax(np.abs(taps))), taps.shape)
    peak = taps[pivot]
    if peak == 0:
        return tuple(read_only(np.zeros(n)) for n in taps.shape)
    lines = [_line_through(taps, pivot, axis) for axis in range(taps.ndim)]
    # The longest line keeps the peak, the others are divided by it: so whole numbers stay
    # whole where they can, and a row of a single tap is 1.
    whole = int(np.argmax(taps.shape))
    rows = [line if axis == whole else line / peak for axis, line in enumerate(lines)]
    residual = np.abs(reduce(np.multiply.outer, rows) - taps).max()
    return tuple(map(read_only, rows)) if residual <= exact * abs(peak) else None


def _line_through(taps: Taps, through: tuple[np.intp, ...], axis: int) -> Taps:
    return taps[tuple(slice(None) if a == axis else i for a, i in enumerate(through))].copy()


def spread_out(taps: Taps, steps: Sequence[int]) -> Taps:
    """Return the taps with `step - 1` zeros between neighbours of each axis."""
    shape = [(n - 1) * step + 1 for n, step in zip(taps.shape, steps, strict=True)]
    affordable(shape)
    out = np.zeros(shape)
    out[tuple(slice(None, None, step) for step in steps)] = taps
    return out
