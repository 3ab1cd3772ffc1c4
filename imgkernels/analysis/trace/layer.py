"""One output of a convolutional layer, taken apart: sums, bias, activation, and its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.analysis.trace.parts import Origins
from imgkernels.analysis.trace.text import number
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.nn.activations import Softmax
from imgkernels.nn.conv import Conv
from imgkernels.values import Floats

_MOST_CELLS = 81  # that are listed; of more, those with the largest products


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What a filter of a layer makes of the window at one place, channels last.

    `origins` is `(axes, *window)`, where in the input each cell lies, -1 where padding is;
    `values` and `taps` are `(*window, channels of its group)`, the first of them channel `first`.
    `slope` is the activation's derivative at the sum.
    """

    layer: str
    at: tuple[int, ...]
    filter: int
    first: int
    origins: Origins
    values: Floats
    taps: Floats
    bias: float
    activation: str
    value: float
    slope: float

    @property
    def products(self) -> Floats:
        """Values times taps."""
        return self.values * self.taps

    @property
    def sum(self) -> float:
        """What the activation is given: all products and the bias."""
        return float(self.products.sum()) + self.bias

    @property
    def by_taps(self) -> Floats:
        """The gradient of the output for the filter's taps."""
        return self.slope * self.values

    @property
    def by_values(self) -> Floats:
        """The gradient of the output for each cell's value."""
        return self.slope * self.taps

    @property
    def by_bias(self) -> float:
        """The gradient of the output for the bias."""
        return self.slope

    def facts(self) -> dict[str, Any]:
        """Return all of it by name, what is computed too."""
        computed = ("products", "sum", "by_taps", "by_values", "by_bias")
        return {f.name: getattr(self, f.name) for f in fields(self)} | {
            name: getattr(self, name) for name in computed
        }

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def trace_layer(layer: Conv, x: npt.ArrayLike, at: Sequence[int], filter: int = 0) -> LayerTrace:
    """Take one output of a convolutional layer apart, with its gradients.

    `x` is one input `(*space, C)`, channels last whatever the layer's own order; `at` the index
    among the outputs, (y, x) for two axes; `filter` counts from 0. Raises `InvalidValue`.

    >>> from imgkernels import kernels, nn
    >>> layer = nn.Conv2D.from_kernels([kernels.sobel("x")], activation="relu")
    >>> _ = layer.output_shape((3, 3, 1)), layer.build((3, 3, 1), np.random.default_rng(0))
    >>> found = trace_layer(layer, np.arange(9.0).reshape(3, 3, 1), at=(1, 1))
    >>> found.value, found.by_values[1, :, 0].tolist()
    (8.0, [-2.0, 0.0, 2.0])
    """
    image = np.asarray(x, np.float64)
    if image.ndim != layer.ndim + 1:
        raise UnsupportedImage(
            f"trace: {layer.name} takes {layer.ndim} axes and channels; got shape {image.shape}"
        )
    channels = image.shape[-1]
    place = _checked(layer, image.shape, at, filter)
    origins, values = _window(layer, image, place)
    kernel = layer.kernel.value.astype(np.float64)
    first = filter // (layer.filters // layer.groups) * (channels // layer.groups)
    values = values[..., first : first + kernel.shape[-2]]
    bias = 0.0 if layer.bias is None else float(layer.bias.value[filter])
    total = float((values * kernel[..., filter]).sum()) + bias
    value, slope = _activated(layer, total)
    return LayerTrace(
        layer.name, place, filter, first, origins, values, kernel[..., filter], bias,
        layer.activation.name, value, slope,
    )  # fmt: skip


def _checked(
    layer: Conv, shape: tuple[int, ...], at: Sequence[int], filter: int
) -> tuple[int, ...]:
    if not (isinstance(filter, Integral) and 0 <= filter < layer.filters):
        raise InvalidValue(
            f"trace: {layer.name} has filters 0 to {layer.filters - 1}; got {filter!r}"
        )
    if isinstance(layer.activation, Softmax):
        raise InvalidValue(f"trace: {layer.name} ends in softmax, which looks at all its filters")
    ours = layer.output_shape(layer.as_asked(shape))
    sizes = layer.last(ours)[:-1]
    inside = len(at) == len(sizes) and all(
        isinstance(i, Integral) and 0 <= i < n for i, n in zip(at, sizes, strict=True)
    )
    if not inside:
        names = "zyx"[-len(sizes) :]
        rule = ", ".join(f"{axis} 0 to {n - 1}" for axis, n in zip(names, sizes, strict=True))
        raise InvalidValue(f"trace: outputs of {layer.name} have {rule}; got {tuple(at)}")
    return tuple(int(i) for i in at)


def _window(layer: Conv, x: Floats, at: tuple[int, ...]) -> tuple[Origins, Floats]:
    """Return where the cells of the window lie, and all channels' values there."""
    rows = []
    axes = zip(
        at, x.shape, layer.pairs(x.shape[:-1]), layer.kernel_size, layer.strides,
        layer.dilation_rate, strict=False,
    )  # fmt: skip
    for place, size, (before, after), taps, stride, step in axes:
        whole = layer.border.indices(size, before, after)
        rows.append(whole[place * stride + np.arange(taps) * step])
    origins = np.stack(np.meshgrid(*rows, indexing="ij"))
    values = x[tuple(origins)].astype(np.float64)
    values[(origins < 0).any(axis=0)] = layer.border_value
    return origins, values


def _activated(layer: Conv, total: float) -> tuple[float, float]:
    """Return the activation of a sum, and its derivative there."""
    given = np.array([[total]])
    y = layer.activation.forward(given.copy())
    slope = layer.activation.backward(np.ones_like(y), y, given)
    return float(y[0, 0]), float(slope[0, 0])


def _lines(found: LayerTrace) -> Iterator[str]:
    names = "zyx"[-len(found.at) :]
    place = ", ".join(f"{n} {i}" for n, i in zip(names[::-1], found.at[::-1], strict=True))
    yield f"{found.layer}, filter {found.filter}, output {place}"
    yield f"  {'input':<18}{'value':>12} x {'tap':>12} = {'product':>12}   " + (
        f"{'d/d tap':>12} {'d/d value':>12}"
    )
    products = found.products
    order, left = list(np.ndindex(products.shape)), []
    if len(order) > _MOST_CELLS:
        order.sort(key=lambda cell: -abs(products.item(cell)))
        order, left = sorted(order[:_MOST_CELLS]), order[_MOST_CELLS:]
    for cell in order:
        numbers = [number(part.item(cell)) for part in (found.values, found.taps, products)]
        slopes = [number(part.item(cell)) for part in (found.by_taps, found.by_values)]
        yield (
            f"  {_where(found, cell):<18}{numbers[0]:>12} x {numbers[1]:>12} = {numbers[2]:>12}   "
            f"{slopes[0]:>12} {slopes[1]:>12}"
        )
    if left:
        rest = sum(products.item(cell) for cell in left)
        yield f"  {'':<18}and {len(left)} smaller products: {number(rest)}"
    yield f"  sum {number(products.sum())}, plus bias {number(found.bias)} = {number(found.sum)}"
    yield f"  {found.activation}: {number(found.value)}, slope {number(found.slope)} = d/d bias"


def _where(found: LayerTrace, cell: tuple[int, ...]) -> str:
    """Return where a cell lies in the input, x first, and its channel."""
    origin = [int(axis[cell[:-1]]) for axis in found.origins]
    lies = "padding" if min(origin) < 0 else ",".join(map(str, reversed(origin)))
    return f"{lies} channel {found.first + cell[-1]}"
