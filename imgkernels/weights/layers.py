"""Arrays by layer and role: `conv1.weight` and `conv1/kernel:0` are the kernel of conv1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.values import Array

# Where a kernel has its filters: last, as Keras and TensorFlow have it, or first, as PyTorch and
# ONNX do; MLX puts the window between filters and channels.
Order = Literal["filters last", "filters first", "window between"]

_ROLES = {
    "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel",
    "pointwise_kernel", "depthwise_bias",
}  # fmt: skip
_OTHER_WORDS = {
    "weight": "kernel",
    "W": "kernel",
    "b": "bias",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}
_OBLONG = 4  # times as long as wide is no window
_DROPPED = "num_batches_tracked"


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The arrays of one layer of a file, by role, and how its kernels are laid out."""

    name: str
    arrays: Mapping[str, Array]
    order: Order

    def filters(self) -> Array:
        """Return the kernels of a convolutional layer as (filter, *window, channel).

        A depthwise kernel has one channel a filter. Raises `InvalidValue` for other layers.
        """
        role = "kernel" if "kernel" in self.arrays else "depthwise_kernel"
        kernel = self.arrays.get(role)
        if kernel is None or not 3 <= kernel.ndim <= 5:
            raise InvalidValue(f"layer {self.name!r} is not convolutional: it has no kernels")
        if self.order == "window between":
            return kernel
        if self.order == "filters first":
            return np.moveaxis(kernel, 1, -1)
        if role == "depthwise_kernel":  # (*window, channel, multiplier)
            flat = kernel.reshape(*kernel.shape[:-2], -1)
            return np.moveaxis(flat, -1, 0)[..., np.newaxis]
        return np.moveaxis(kernel, -1, 0)


def by_layer(tensors: Mapping[str, Array], order: Order | None) -> dict[str, LayerWeights]:
    """Return the layers of a file in its order; `order` None lets each name say its layout.

    PyTorch calls a kernel `weight` and puts filters first, Keras calls it `kernel` and puts them
    last; MLX says `weight` too, which shows where PyTorch's window would be oblong. Where a name
    says nothing, the shape decides: windows are square and small. Where it does not either, a
    kernel is taken to be laid out as ours are, filters last.
    """
    grouped: dict[str, dict[str, Array]] = {}
    orders: dict[str, Order] = {}
    for name, array in tensors.items():
        layer, role, own = _parts(name, array)
        if role == _DROPPED:
            continue
        grouped.setdefault(layer, {})[role] = array
        if own is not None:
            orders[layer] = own
    for arrays in grouped.values():
        if "moving_mean" in arrays and "kernel" in arrays:  # PyTorch's normalisation
            arrays["gamma"] = arrays.pop("kernel")
            if "bias" in arrays:
                arrays["beta"] = arrays.pop("bias")
    return {
        name: LayerWeights(name, arrays, order or _order(arrays, orders.get(name)))
        for name, arrays in grouped.items()
    }


def _order(arrays: Mapping[str, Array], said: Order | None) -> Order:
    """Return the layout that a name says, or else the one whose window is square and smallest."""
    kernel = arrays.get("kernel")
    if kernel is None or kernel.ndim not in (4, 5):
        return said or "filters last"
    windows: dict[Order, tuple[int, ...]] = {
        "filters last": kernel.shape[:-2],
        "filters first": kernel.shape[2:],
        "window between": kernel.shape[1:-1],
    }
    square = {way: shape[0] for way, shape in windows.items() if len(set(shape)) == 1}
    if said == "filters first" and 1 not in windows[said] and "window between" in square:
        long, short = max(windows[said]), min(windows[said])
        return "window between" if long >= _OBLONG * short else said
    if said is not None:
        return said
    return min(square, key=square.__getitem__) if square else "filters last"


def _parts(name: str, array: Array) -> tuple[str, str, Order | None]:
    """Split a name into layer and role; say which layout it speaks of."""
    bare = name.removesuffix(":0")
    cut = max(bare.rfind("/"), bare.rfind("."))
    layer, word = bare[: max(cut, 0)], bare[cut + 1 :]
    if cut > 0 and word in _ROLES | _OTHER_WORDS.keys() | {_DROPPED}:
        own: Order | None = None
        if word in ("weight", "kernel"):
            own = "filters first" if word == "weight" else "filters last"
        return layer, _OTHER_WORDS.get(word, word), own
    return bare, "kernel" if array.ndim > 1 else "bias", None
