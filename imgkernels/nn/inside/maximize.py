"""What a class or a filter would like to see most: gradient ascent from noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.inside.subject import as_pictures, conv_named
from imgkernels.nn.model import Model
from imgkernels.values import Floats

_RHO = 0.95  # of the running mean of squared gradients


def maximize(
    model: Model,
    of: int | Sequence[int],
    *,
    layer: str | None = None,
    input_range: tuple[float, float] = (0.0, 1.0),
    steps: int = 200,
    lp_weight: float = 10.0,
    tv_weight: float = 10.0,
    jitter: int = 1,
    seed: int = 0,
) -> Floats:
    """Return `(N, H, W, C)`: for each class of `of` the picture that moves it most.

    The score before the softmax is followed; with `layer`, the mean sum of its filters `of`, before
    their activation.
    Two penalties keep the picture plain: the norm of order 6 against bright spots, and total
    variation against noise, with weights and scale of keras-vis (values 0 to 255). `jitter`
    moves the picture by up to so many pixels at each step, so that nothing hangs on the raster.
    Sources: Simonyan et al., 2014; Mordvintsev et al., Inceptionism, 2015; keras-vis.
    """
    wanted = [of] if isinstance(of, int) else list(of)
    low, high = input_range
    if not low < high or steps < 1:
        raise InvalidValue(
            f"maximize: input_range must rise, steps be 1 or more; got {input_range}"
        )
    part = model if layer is None else _upto(model, layer)
    wish = _wishes(part, wanted)
    dice = np.random.default_rng(seed)
    scale = (high - low) / 255
    x = dice.normal(0.0, 5.0, (len(wanted), *part.network.inputs[0].shape)).astype(np.float32)
    x += np.float32(127.5)
    space = (2, 3) if as_pictures(model, x) is not x else (1, 2)
    cache = np.zeros_like(x)
    for _ in range(steps):
        moved = tuple(int(n) for n in dice.integers(-jitter, jitter + 1, size=2))
        seen = np.roll(x, moved, space) * np.float32(scale) + np.float32(low)
        _, _, up = part.gradient(seen, wish, linear=True)
        gradient = -np.roll(_unit(up), tuple(-n for n in moved), space)
        gradient += lp_weight * _lp(x - 127.5) + tv_weight * _variation(x, space)
        gradient = _unit(gradient)
        cache = _RHO * cache + (1 - _RHO) * gradient**2
        x = np.clip(x - gradient / np.sqrt(cache + 1e-8), 0, 255).astype(np.float32)
    return as_pictures(model, x * np.float32(scale) + np.float32(low))


def _upto(model: Model, layer: str) -> Model:
    """Return the part of a model that ends with a layer."""
    chosen = conv_named(model, layer, 0)
    symbols = [s for s in model.network.steps if s.node is not None and s.node.layer is chosen]
    return Model(model.network.inputs, symbols[-1], name=model.name)


def _wishes(model: Model, wanted: Sequence[int]) -> Floats:
    """Return what is followed for each picture: a class, or the mean of a filter's map."""
    shape = model.network.outputs[0].shape
    last = as_pictures(model, np.zeros((1, *shape), np.float32))[0]
    count = last.shape[-1]
    if not wanted or not all(0 <= n < count for n in wanted):
        raise InvalidValue(f"maximize: choose from 0 to {count - 1}; got {list(wanted)!r:.60}")
    rows = np.zeros((len(wanted), *last.shape), np.float32)
    for row, n in zip(rows, wanted, strict=True):
        row[..., n] = 1 / (last.size / count)
    axes = (0, 3, 1, 2) if last.ndim == 3 and last.shape != shape else tuple(range(rows.ndim))
    return rows.transpose(axes)


def _unit(x: Floats) -> Floats:
    """Scale each picture's gradient to a mean square of 1."""
    size = np.sqrt((x**2).mean(axis=tuple(range(1, x.ndim)), keepdims=True))
    found: Floats = x / (size + 1e-10)
    return found


def _lp(x: Floats, p: int = 6) -> Floats:
    """Return the gradient of the norm of order p over the number of values."""
    axes = tuple(range(1, x.ndim))
    norm = (np.abs(x) ** p).sum(axis=axes, keepdims=True) ** (1 / p)
    found: Floats = np.sign(x) * (np.abs(x) / (norm + 1e-10)) ** (p - 1)
    return found


def _variation(x: Floats, space: tuple[int, int]) -> Floats:
    """Return the gradient of the sum of squared differences of neighbours, over their number."""
    found: Floats = np.zeros_like(x)
    for axis in space:
        step = 2 * np.diff(x, axis=axis)
        ends = [(0, 0)] * x.ndim
        ends[axis] = (1, 1)
        found -= np.diff(np.pad(step, ends), axis=axis)
    return found / np.float32(x[0].size)
