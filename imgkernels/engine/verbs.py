"""The two verbs of the engine: correlate and convolve; and the plan for either."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imgkernels.border import Border
from imgkernels.engine.planner import Plan, plan_for
from imgkernels.engine.problem import CHANNELS, EXTENTS, Channels, Extent, Problem
from imgkernels.errors import InvalidValue, UnsupportedImage, unknown
from imgkernels.kernel import Kernel
from imgkernels.values import (
    Array,
    as_float,
    checked_array,
    precise_enough,
    saturate,
    supported_dtype,
)


class _Colour(NamedTuple):
    """Checked taps `(*window, C)` with the anchor of their window."""

    taps: npt.NDArray[np.float64]
    anchor: tuple[int, ...]

    def turned(self) -> _Colour:
        window = self.taps.shape[:-1]
        anchor = tuple(n - 1 - a for a, n in zip(self.anchor, window, strict=True))
        return _Colour(np.flip(self.taps, tuple(range(len(window)))), anchor)


KernelLike = Kernel | npt.ArrayLike
_MOST_DILATION = 1_000  # a kernel so spread still fits in memory


def correlate(
    image: npt.ArrayLike,
    kernel: KernelLike,
    *,
    border: Border | str = Border.REFLECT,
    border_value: float = 0.0,
    extent: Extent = "same",
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    channels: Channels = "each",
    dtype: npt.DTypeLike | None = None,
    method: str = "auto",
) -> Array:
    """Correlate an image with a kernel: each pixel becomes the weighted sum of its neighbours.

    The kernel's axes are the image's leading axes; one more axis of the image is channels. So a
    kernel of 2 axes takes `(H, W)` or `(H, W, C)`, one of 3 axes `(D, H, W)` or `(D, H, W, C)`.
    With `channels="sum"` the kernel has one axis more than space, covers all channels, adds
    them up, and gives one plane.

    `extent`: "same" keeps the size, "valid" takes only windows inside the image, "full" every
    window that touches it. `stride` and `dilation`: whole numbers from 1, one or one per axis.
    `dtype`: of the result; by default that of the image. Integers are computed in floating
    point (float32, or float64 where the input or the result needs it), rounded half to even and
    clamped. `method`: "auto" or a name from `plan`.

    Raises `UnsupportedDtype` (TypeError), `InvalidValue` and `UnsupportedImage` (ValueError),
    `UnknownName` (LookupError).

    >>> impulse = np.zeros((3, 3)); impulse[1, 1] = 1
    >>> correlate(impulse, [[1, 2, 3]], border="constant").tolist()
    [[0.0, 0.0, 0.0], [3.0, 2.0, 1.0], [0.0, 0.0, 0.0]]
    """
    x = checked_array(image)
    result = x.dtype if dtype is None else supported_dtype(dtype, "dtype")
    x = precise_enough(x, result)
    if channels not in CHANNELS:
        raise unknown("way with channels", str(channels), CHANNELS)
    if channels == "sum":
        geometry = _geometry(x.ndim - 1, border, border_value, extent, stride, dilation)
        return saturate(_summed(x, kernel, geometry, method), result)
    plan_ = plan(
        x.shape, kernel, dtype=x.dtype, border=border, border_value=border_value,
        extent=extent, stride=stride, dilation=dilation, method=method,
    )  # fmt: skip
    return plan_(x, result)


def convolve(
    image: npt.ArrayLike,
    kernel: KernelLike,
    *,
    border: Border | str = Border.REFLECT,
    border_value: float = 0.0,
    extent: Extent = "same",
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    channels: Channels = "each",
    dtype: npt.DTypeLike | None = None,
    method: str = "auto",
) -> Array:
    """Convolve an image with a kernel: turn the kernel by 180 degrees, then `correlate`.

    Arguments, result and errors are those of `correlate`; with `channels="sum"` the channels'
    axis of the kernel is not turned.

    >>> impulse = np.zeros((3, 3)); impulse[1, 1] = 1
    >>> convolve(impulse, [[1, 2, 3]], border="constant").tolist()
    [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]
    """
    turned: Any = _colour(kernel).turned() if channels == "sum" else as_kernel(kernel).flipped()
    return correlate(
        image, turned, border=border, border_value=border_value, extent=extent, stride=stride,
        dilation=dilation, channels=channels, dtype=dtype, method=method,
    )  # fmt: skip


def plan(
    shape: Sequence[int],
    kernel: KernelLike,
    *,
    dtype: npt.DTypeLike = "float32",
    border: Border | str = Border.REFLECT,
    border_value: float = 0.0,
    extent: Extent = "same",
    stride: int | Sequence[int] = 1,
    dilation: int | Sequence[int] = 1,
    repeat: int = 1,
    method: str = "auto",
) -> Plan:
    """Plan the correlation of images of one shape and dtype; the plan is called with an image.

    `shape` is that of the image, with or without an axis of channels after the kernel's axes;
    `repeat` says how many such images will come. Printing the plan shows the method chosen, what
    else was considered, and the estimated cost of each.
    """
    matter = as_kernel(kernel)
    space, channels = split_axes(_sizes(shape), matter.ndim)
    repeat = repeats(repeat, "plan")
    geometry = _geometry(matter.ndim, border, border_value, extent, stride, dilation)
    shape_ = (1, *space, 1 if channels is None else channels)
    problem = Problem.of_kernel(shape_, supported_dtype(dtype), matter, **geometry)
    chosen = plan_for(problem, method, repeat)
    return replace(chosen, has_channels=channels is not None)


def repeats(repeat: int, who: str) -> int:
    """Return how many images will come; raise `InvalidValue` where it is no whole number from 1."""
    if not isinstance(repeat, Integral) or repeat < 1:
        raise InvalidValue(f"{who}: repeat must be a whole number from 1; got {repeat!r}")
    return int(repeat)


def as_kernel(kernel: KernelLike) -> Kernel:
    """Return a `Kernel` as it is, and anything else as the taps of one."""
    return kernel if isinstance(kernel, Kernel) else Kernel(kernel)


def split_axes(shape: tuple[int, ...], ndim: int) -> tuple[tuple[int, ...], int | None]:
    """Split an image's shape into space and channels (None where it has no such axis)."""
    if len(shape) == ndim:
        return shape, None
    if len(shape) == ndim + 1:
        return shape[:ndim], shape[ndim]
    raise UnsupportedImage(
        f"a kernel of {ndim} axes takes an image of {ndim} axes, or {ndim + 1} with channels; "
        f"got shape {shape}"
    )


def finite_value(border_value: float) -> float:
    """Return the border value; raise `InvalidValue` where it is not a finite number."""
    number = as_float(border_value)
    if not math.isfinite(number):
        raise InvalidValue(f"border_value must be a finite number; got {border_value!r:.100}")
    return number


def _summed(x: Array, kernel: KernelLike | _Colour, geometry: dict[str, Any], method: str) -> Array:
    taps, anchor = _colour(kernel)
    if x.ndim != taps.ndim or x.shape[-1] != taps.shape[-1]:
        raise UnsupportedImage(
            f"channels='sum': the kernel {taps.shape} must have the image's axes and channels; "
            f"got image {x.shape}"
        )
    window = taps.shape[:-1]
    problem = Problem((1, *x.shape), x.dtype, window, anchor, outputs=1, groups=1, **geometry)
    y = plan_for(problem, method).run(x.reshape(problem.shape), taps[..., np.newaxis])
    return y.reshape(problem.out_space)


def _geometry(
    ndim: int,
    border: Border | str,
    border_value: float,
    extent: Extent,
    stride: int | Sequence[int],
    dilation: int | Sequence[int],
) -> dict[str, Any]:
    """Read the options that every problem has, each checked."""
    if extent not in EXTENTS:
        raise unknown("extent", str(extent), EXTENTS)
    return {
        "border": Border.parse(border),
        "border_value": finite_value(border_value),
        "extent": extent,
        "stride": _steps(stride, ndim, "stride"),
        "dilation": _steps(dilation, ndim, "dilation", _MOST_DILATION),
    }


def _colour(kernel: KernelLike | _Colour) -> _Colour:
    if isinstance(kernel, _Colour):
        return kernel
    if isinstance(kernel, Kernel):
        return _Colour(kernel.taps, kernel.anchor[:-1])
    # A kernel over a coloured volume has 4 axes, one more than a Kernel: check it plane by plane.
    raw = np.asarray(kernel)
    if raw.ndim < 2 or raw.shape[-1] == 0:
        raise InvalidValue(
            f"channels='sum': the kernel needs a channel axis; got shape {raw.shape}"
        )
    taps = np.stack([Kernel(raw[..., c]).taps for c in range(raw.shape[-1])], axis=-1)
    return _Colour(taps, tuple(n // 2 for n in taps.shape[:-1]))


def _sizes(shape: Sequence[int]) -> tuple[int, ...]:
    whole = isinstance(shape, Sequence) and all(isinstance(n, Integral) and n >= 0 for n in shape)
    if not whole:
        raise InvalidValue(f"plan: shape must be whole numbers from 0; got {shape!r}")
    return tuple(int(n) for n in shape)


def _steps(
    steps: int | Sequence[int], ndim: int, who: str, most: float = math.inf
) -> tuple[int, ...]:
    found = tuple(steps) if isinstance(steps, Sequence) else (steps,) * ndim
    if len(found) != ndim or not all(isinstance(n, Integral) and 1 <= n <= most for n in found):
        top = "" if most == math.inf else f" to {most:,}"
        raise InvalidValue(
            f"{who} must be a whole number from 1{top}, or {ndim} of them; got {steps!r:.100}"
        )
    return tuple(int(n) for n in found)
