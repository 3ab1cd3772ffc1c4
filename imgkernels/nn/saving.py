"""Weights of a model to and from files: by name or in order, and from other layouts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from imgkernels import weights
from imgkernels.errors import InvalidValue
from imgkernels.files.words import shown
from imgkernels.nn.dense import Dense
from imgkernels.nn.layer import Layer
from imgkernels.nn.reshape import Flatten
from imgkernels.values import Array
from imgkernels.weights import LayerWeights

if TYPE_CHECKING:
    from imgkernels.nn.model import Model

Pairs = list[tuple[Layer, LayerWeights]]


@dataclass(frozen=True)
class Loaded:
    """Which layers of a model took weights, which did not, and what of the file nobody took."""

    taken: tuple[str, ...]
    left: tuple[str, ...]
    unused: tuple[str, ...]


def save_weights(
    model: Model, path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write a model's weights as .npz or .safetensors, named `layer/kernel`, filters last."""
    weights.write(path, model.named_weights(), metadata)


def load_weights(
    model: Model,
    path: str | os.PathLike[str] | weights.Weights,
    by_name: bool = False,
    skip_mismatch: bool = False,
) -> Loaded:
    """Put the weights of a file into a model; all are checked before one is changed.

    `by_name` fills only the layers whose names the file has too, so that a layer with a new name
    starts anew. Without it every layer is filled: by name where all names are there, else in
    order. `skip_mismatch` passes over layers whose shapes differ. Kernels with filters first
    (PyTorch, ONNX) are turned, and what follows a flattening is put in our order.
    Raises `InvalidValue` that names the layer; `FileProblem` for the file.
    """
    found = path if isinstance(path, weights.Weights) else weights.read(path)
    who = "weights" if isinstance(path, weights.Weights) else shown(os.fspath(path))
    layers = [layer for layer in model.layers if layer.variables]
    pairs = _pairs(layers, found, by_name, who)
    new: dict[Layer, list[Array]] = {}
    for layer, one in pairs:
        try:
            new[layer] = [_fitted(model, layer, name, one) for name in layer.variables]
        except InvalidValue as error:
            if not skip_mismatch:
                raise InvalidValue(f"{who}: {error}") from None
    for layer, arrays in new.items():
        layer.set_weights(arrays)
    used = {one.name for layer, one in pairs if layer in new}
    return Loaded(
        tuple(layer.name for layer in new),
        tuple(layer.name for layer in layers if layer not in new),
        tuple(name for name in found.layers if name not in used),
    )


def _pairs(layers: Sequence[Layer], found: weights.Weights, by_name: bool, who: str) -> Pairs:
    """Bring layers and parts of the file together."""
    there = found.layers
    if by_name or all(layer.name in there for layer in layers):
        return [(layer, there[layer.name]) for layer in layers if layer.name in there]
    if len(there) != len(layers):
        raise InvalidValue(
            f"{who}: holds {len(there)} layers with weights, the model has {len(layers)}; "
            "by_name=True takes those of the same name"
        )
    return list(zip(layers, found.in_order, strict=True))


def _fitted(model: Model, layer: Layer, name: str, one: LayerWeights) -> Array:
    """Return an array of the file as a variable of the layer wants it."""
    if name not in one.arrays:
        has = ", ".join(one.arrays)
        raise InvalidValue(f"layer {one.name!r} has no {name} for {layer.name!r}, only {has}")
    array, due = one.arrays[name], layer.variables[name].value.shape
    if one.order == "filters first":
        array = _filters_last(model, layer, array, due)
    elif one.order == "window between" and array.ndim > 2:
        array = np.moveaxis(array, 0, -1)
    if array.shape != due:
        raise InvalidValue(
            f"{name} of layer {one.name!r} is of shape {array.shape}; {layer.name!r} takes {due}"
        )
    if not np.isfinite(array).all():
        raise InvalidValue(f"{name} of layer {one.name!r} holds what is not finite")
    return array


def _filters_last(model: Model, layer: Layer, array: Array, due: tuple[int, ...]) -> Array:
    """Turn a kernel with its filters first into one with them last."""
    if isinstance(layer, Dense) and array.ndim == 2:
        # ONNX has (inputs, outputs) where it multiplies matrices, else (outputs, inputs).
        rows = array if array.shape == due != due[::-1] else array.T
        maps = _flattened(model, layer)
        if maps is None or len(maps) < 2:
            return rows
        # Rows in the order channel, height, width become height, width, channel.
        first = rows.reshape(maps[-1], *maps[:-1], -1) if rows.shape[0] == np.prod(maps) else rows
        return np.moveaxis(first, 0, -2).reshape(rows.shape)
    if array.ndim < 3:
        return array
    if len(due) == array.ndim and due[-2:] != array.shape[1::-1] and array.shape[1] == 1:
        # One channel a filter: (channel * multiplier, 1, ...) is our (..., channel, multiplier).
        window = array.shape[2:]
        return np.moveaxis(array.reshape(due[-2], -1, *window), (0, 1), (-2, -1))
    return np.moveaxis(array, (0, 1), (-1, -2))


def _flattened(model: Model, layer: Layer) -> tuple[int, ...] | None:
    """Return the shape of the maps whose flattening a dense layer takes, if it does."""
    (node,) = [node for node in model.network.nodes if node.layer is layer][:1]
    symbol = node.inputs[0]
    while symbol.node is not None and not isinstance(symbol.node.layer, Flatten):
        if symbol.node.layer.variables:
            return None
        symbol = symbol.node.inputs[0]
    if symbol.node is None:
        return None
    flatten: Flatten = symbol.node.layer  # type: ignore[assignment]
    return flatten.last(symbol.node.inputs[0].shape)
