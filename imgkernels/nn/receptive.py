"""Receptive fields: how much of the input one value of a layer sees (S4-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgkernels.nn.conv import Conv
from imgkernels.nn.dense import Dense
from imgkernels.nn.depthwise import SeparableConv2D
from imgkernels.nn.global_pooling import GlobalPooling
from imgkernels.nn.graph import Node
from imgkernels.nn.layer import Layer
from imgkernels.nn.pooling import Pooling
from imgkernels.nn.reshape import Flatten
from imgkernels.nn.transpose import Conv2DTranspose

if TYPE_CHECKING:
    from imgkernels.nn.model import Model


@dataclass(frozen=True)
class Field:
    """The size of the window on the input, per axis, and how far neighbours lie apart there.

    None for layers that have no places any more: they see what any place before them sees.
    """

    size: tuple[float, ...] | None
    jump: tuple[float, ...] | None

    def __str__(self) -> str:
        return "all" if self.size is None else " x ".join(f"{n:g}" for n in self.size)


def receptive_fields(model: Model) -> dict[str, Field]:
    """Return the receptive field of each layer by name; on branches the largest counts.

    A window of k samples, d apart, adds `(k - 1) * d` steps to the field, each as long as all
    strides before it together.
    """
    network = model.network
    fields = {id(symbol): _start(len(symbol.shape) - 1) for symbol in network.inputs}
    found: dict[str, Field] = {}
    for symbol, node in zip(network.steps, network.nodes, strict=True):
        field = _through(node, [fields[id(one)] for one in node.inputs])
        fields[id(symbol)] = found[node.layer.name] = field
    return found


def _start(axes: int) -> Field:
    return Field((1.0,) * axes, (1.0,) * axes) if axes else Field(None, None)


def _through(node: Node, before: Sequence[Field]) -> Field:
    layer = node.layer
    if any(field.size is None for field in before) or _sees_all(layer, node):
        return Field(None, None)
    sizes = [field.size for field in before if field.size is not None]
    jumps = [field.jump for field in before if field.jump is not None]
    size = [max(each) for each in zip(*sizes, strict=True)]
    jump = [max(each) for each in zip(*jumps, strict=True)]
    window, stride, dilation = _geometry(layer, len(size))
    if isinstance(layer, Conv2DTranspose):
        # One output is under every stride-th tap of the window.
        reach = [((k - 1) * d) // s for k, d, s in zip(window, dilation, stride, strict=True)]
        size = [n + r * j for n, r, j in zip(size, reach, jump, strict=True)]
        return Field(tuple(size), tuple(j / s for j, s in zip(jump, stride, strict=True)))
    every = zip(size, window, dilation, jump, strict=True)
    size = [n + (k - 1) * d * j for n, k, d, j in every]
    return Field(tuple(size), tuple(j * s for j, s in zip(jump, stride, strict=True)))


def _sees_all(layer: Layer, node: Node) -> bool:
    flat = isinstance(layer, Dense) and len(node.inputs[0].shape) == 1
    return flat or isinstance(layer, GlobalPooling | Flatten)


def _geometry(layer: Layer, axes: int) -> tuple[tuple[int, ...], ...]:
    if isinstance(layer, SeparableConv2D):
        layer = layer.depthwise
    if isinstance(layer, Conv):
        return layer.kernel_size, layer.strides, layer.dilation_rate
    if isinstance(layer, Pooling):
        return layer.pool_size, layer.strides, layer.dilation_rate
    return ((1,) * axes,) * 3
