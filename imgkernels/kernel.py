"""A kernel: weights and an anchor, as a value with an algebra."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cached_property, reduce
from numbers import Real
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.taps import (
    Taps,
    affordable,
    checked_anchor,
    checked_taps,
    read_only,
    separated,
    spread_out,
)

EXACT = 1e-12  # relative to the largest tap: below it two kernels act alike in float64
_MAX_ORDER = 4


class Kernel:
    """Weights with an anchor, over 1 to 3 axes (z, y, x); frozen, compared by value.

    `taps` act by correlation: the matrix you print is the matrix that acts. `anchor` is the index
    of the tap that lies on the pixel being computed, by default `size // 2` on each axis.
    Raises `InvalidValue` (a ValueError) for empty, ragged, non-numeric or non-finite taps, and for
    an anchor outside the window.

    >>> laplacian = Kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    >>> laplacian.order, laplacian.gain
    (2, 1.0)
    """

    shape: tuple[int, ...]
    anchor: tuple[int, ...]
    _dense: Taps | None
    _parts: tuple[Taps, ...] | None

    def __init__(self, taps: npt.ArrayLike, anchor: Sequence[int] | int | None = None) -> None:
        dense = checked_taps(taps)
        self._set(dense, None, dense.shape, anchor)

    @classmethod
    def from_factors(
        cls, *factors: npt.ArrayLike, anchor: Sequence[int] | int | None = None
    ) -> Kernel:
        """Make the separable kernel whose taps are the outer product of one row per axis.

        >>> Kernel.from_factors([1, 2], [-1, 1]).taps.tolist()
        [[-1.0, 1.0], [-2.0, 2.0]]
        """
        if not 1 <= len(factors) <= 3:
            raise InvalidValue(f"kernel: must have 1 to 3 axes; got {len(factors)} factors")
        rows = tuple(checked_taps(factor, axes=1) for factor in factors)
        if not math.isfinite(math.prod(float(np.abs(row).sum()) for row in rows)):
            raise InvalidValue("kernel: taps must be finite; the product of these factors is not")
        made = cls.__new__(cls)
        made._set(None, rows, tuple(row.size for row in rows), anchor)
        return made

    def _set(
        self,
        dense: Taps | None,
        parts: tuple[Taps, ...] | None,
        shape: tuple[int, ...],
        anchor: Sequence[int] | int | None,
    ) -> None:
        own = vars(self)
        own["_dense"], own["_parts"], own["shape"] = dense, parts, shape
        own["anchor"] = checked_anchor(anchor, shape)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Kernel is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Kernel is frozen: {name} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        # Rebuilt through the maker, so that what arrives in another process is frozen too.
        if self._parts is not None:
            return _rebuilt, (self._parts, self.anchor)
        return Kernel, (self._dense, self.anchor)

    @property
    def taps(self) -> Taps:
        """The weights, float64, read-only."""
        if self._dense is None:
            affordable(self.shape)
            dense = reduce(np.multiply.outer, cast(tuple[Taps, ...], self._parts))
            vars(self)["_dense"] = read_only(dense)
        return cast(Taps, self._dense)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of taps."""
        return math.prod(self.shape)

    @cached_property
    def factors(self) -> tuple[Taps, ...] | None:
        """One row per axis whose outer product is the kernel, or None where there is none.

        A kernel that was not made from factors is taken apart at its largest tap; it counts as
        separable if that misses no tap by more than 1e-12 of the largest.
        """
        if self._parts is not None:
            return self._parts
        return separated(self.taps, EXACT)

    @cached_property
    def rank(self) -> int:
        """The number of separable kernels it is the sum of, by SVD, z or y against the rest."""
        if self.factors is not None:
            return 1
        values = np.linalg.svd(self.taps.reshape(self.shape[0], -1), compute_uv=False)
        return int((values > EXACT * values[0]).sum())

    @cached_property
    def sum(self) -> float:
        """The sum of the taps: what a flat image of ones turns into."""
        if self._parts is not None:
            return math.prod(math.fsum(row) for row in self._parts)
        return math.fsum(self.taps.ravel())

    def moment(self, *powers: int) -> float:
        """Return the sum of tap * z**a * y**b * x**c, with coordinates counted from the anchor."""
        places = [np.arange(-a, n - a, dtype=np.float64) for a, n in self._axes]
        weights = [x**power for x, power in zip(places, powers, strict=True)]
        if self._parts is not None:
            pairs = zip(self._parts, weights, strict=True)
            return math.prod(math.fsum(row * weight) for row, weight in pairs)
        return math.fsum((self.taps * reduce(np.multiply.outer, weights)).ravel())

    def moments(self, degree: int) -> dict[tuple[int, ...], float]:
        """Return every moment of one degree, by its powers; what is only rounding is 0."""
        reach = max(max(a, n - 1 - a) for a, n in self._axes) or 1
        noise = 1e-9 * self._size_of_taps * reach**degree
        powers = [
            p for p in itertools.product(range(degree + 1), repeat=self.ndim) if sum(p) == degree
        ]
        found = {p: self.moment(*p) for p in powers}
        return {p: m if abs(m) > noise else 0.0 for p, m in found.items()}

    @property
    def _axes(self) -> list[tuple[int, int]]:
        return list(zip(self.anchor, self.shape, strict=True))

    @property
    def _size_of_taps(self) -> float:
        parts = (self.taps,) if self._parts is None else self._parts
        return math.prod(float(np.abs(part).sum()) for part in parts)

    @cached_property
    def order(self) -> int:
        """The order of the derivative it takes: the lowest degree with a moment that is not 0.

        0 smooths or sharpens, 1 is a first derivative, 2 a second one; 5 means "5 or more".
        """
        degrees = (k for k in range(_MAX_ORDER + 1) if any(self.moments(k).values()))
        return next(degrees, _MAX_ORDER + 1)

    @cached_property
    def gain(self) -> float:
        """What it makes of the derivative it takes: 1 returns it per pixel, 8 eight times as much.

        Order 0: the sum. Order 1: the response to a ramp of slope 1 along the steepest direction.
        Order 2: the response to x**2 / 2 along the strongest axis. NaN above.
        """
        if self.order == 0:
            return self.sum
        if self.order == 1:
            return math.hypot(*self.moments(1).values())
        if self.order == 2:
            units = np.eye(self.ndim, dtype=int)
            matrix = [[self.moment(*(a + b)) for a in units] for b in units]
            values = np.linalg.eigvalsh(np.asarray(matrix) / 2)
            return float(values[np.argmax(np.abs(values))])
        return math.nan

    def flipped(self) -> Kernel:
        """Return the kernel turned by 180 degrees, its anchor with it."""
        anchor = tuple(n - 1 - a for a, n in zip(self.anchor, self.shape, strict=True))
        if self._parts is not None:
            return Kernel.from_factors(*(row[::-1] for row in self._parts), anchor=anchor)
        return Kernel(np.flip(self.taps), anchor)

    def dilated(self, steps: Sequence[int]) -> Kernel:
        """Return the kernel with `step - 1` zeros between neighbouring taps of each axis."""
        if all(step == 1 for step in steps):
            return self
        anchor = tuple(a * step for a, step in zip(self.anchor, steps, strict=True))
        if self._parts is not None:
            rows = [spread_out(row, (step,)) for row, step in zip(self._parts, steps, strict=True)]
            return Kernel.from_factors(*rows, anchor=anchor)
        return Kernel(spread_out(self.taps, steps), anchor)

    def normalized(self) -> Kernel:
        """Return the kernel divided by its sum; raise `InvalidValue` where the sum is 0."""
        if abs(self.sum) <= EXACT * self._size_of_taps:
            raise InvalidValue("kernel: a sum of 0 cannot be scaled to 1; leave the scale as it is")
        return self * (1 / self.sum)

    def __add__(self, other: Kernel) -> Kernel:
        if not isinstance(other, Kernel):
            return NotImplemented
        _same_axes(self, other)
        before = np.maximum(self.anchor, other.anchor)
        after = np.maximum(_after(self), _after(other))
        taps = np.zeros(before + after + 1)
        for kernel in (self, other):
            corner = before - np.asarray(kernel.anchor)
            taps[tuple(slice(c, c + n) for c, n in zip(corner, kernel.shape, strict=True))] += (
                kernel.taps
            )
        return Kernel(taps, tuple(int(b) for b in before))

    def __neg__(self) -> Kernel:
        return self * -1.0

    def __sub__(self, other: Kernel) -> Kernel:
        return self + -other if isinstance(other, Kernel) else NotImplemented

    def __mul__(self, factor: float) -> Kernel:
        if not isinstance(factor, Real):
            return NotImplemented
        if self._parts is not None:
            first, *rest = self._parts
            return Kernel.from_factors(first * float(factor), *rest, anchor=self.anchor)
        return Kernel(self.taps * float(factor), self.anchor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Kernel:
        if divisor == 0:
            raise InvalidValue("kernel: cannot be divided by 0")
        return self * (1 / divisor)

    def __matmul__(self, then: Kernel) -> Kernel:
        """Return the one kernel that does `self` and then `then`."""
        if not isinstance(then, Kernel):
            return NotImplemented
        _same_axes(self, then)
        anchor = tuple(a + b for a, b in zip(self.anchor, then.anchor, strict=True))
        if self._parts is not None and then._parts is not None:
            rows = [np.convolve(a, b) for a, b in zip(self._parts, then._parts, strict=True)]
            return Kernel.from_factors(*rows, anchor=anchor)
        taps = np.zeros([n + m - 1 for n, m in zip(self.shape, then.shape, strict=True)])
        for at, tap in np.ndenumerate(then.taps):
            taps[tuple(slice(i, i + n) for i, n in zip(at, self.shape, strict=True))] += (
                tap * self.taps
            )
        return Kernel(taps, anchor)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Kernel):
            return NotImplemented
        if (self.shape, self.anchor) != (other.shape, other.anchor):
            return False
        # By their rows where both have them: laying out wide kernels to compare them is too much.
        if self._parts is not None and other._parts is not None:
            return all(map(np.array_equal, self._parts, other._parts))
        return np.array_equal(self.taps, other.taps)

    def __hash__(self) -> int:
        return hash((self.shape, self.anchor))

    def __repr__(self) -> str:
        body = np.array2string(self.taps, separator=", ", threshold=200).replace("\n", "\n       ")
        usual = tuple(n // 2 for n in self.shape)
        return (
            f"Kernel({body})" if self.anchor == usual else f"Kernel({body}, anchor={self.anchor})"
        )


def _rebuilt(parts: tuple[Taps, ...], anchor: tuple[int, ...]) -> Kernel:
    return Kernel.from_factors(*parts, anchor=anchor)


def _after(kernel: Kernel) -> tuple[int, ...]:
    return tuple(n - 1 - a for a, n in zip(kernel.anchor, kernel.shape, strict=True))


def _same_axes(a: Kernel, b: Kernel) -> None:
    if a.ndim != b.ndim:
        raise InvalidValue(
            f"kernels must have as many axes as each other; got {a.ndim} and {b.ndim}"
        )
