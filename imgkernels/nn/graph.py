"""How layers are joined: symbols are the wires, nodes the calls of layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imgkernels.errors import InvalidValue
from imgkernels.nn.layer import Layer, Shape


@dataclass(frozen=True, eq=False)
class Symbol:
    """What will be an array `(N, *shape)`: an input, or the answer of a node."""

    shape: Shape
    node: Node | None = None
    name: str = ""


@dataclass(frozen=True, eq=False)
class Node:
    """One call of a layer on symbols; a layer called twice has two nodes and one set of weights."""

    layer: Layer
    inputs: tuple[Symbol, ...]


def Input(shape: Sequence[int], name: str = "input") -> Symbol:  # noqa: N802 (Keras's name)
    """Return the symbol of an input, its shape without the batch.

    >>> Input((28, 28, 1)).shape
    (28, 28, 1)
    """
    sizes = tuple(int(n) for n in shape)
    if any(n < 1 for n in sizes):
        raise InvalidValue(f"Input: sizes must be whole numbers from 1; got {tuple(shape)}")
    return Symbol(sizes, None, name)


def join(layer: Layer, inputs: tuple[Symbol, ...]) -> Symbol:
    """Return the symbol of a layer's answer; the shapes are checked here."""
    shape = layer.shape_of([symbol.shape for symbol in inputs])
    return Symbol(shape, Node(layer, inputs))


def in_order(inputs: Sequence[Symbol], outputs: Sequence[Symbol]) -> list[Symbol]:
    """Return the answers of all nodes that the outputs need, each after what it needs.

    Raises `InvalidValue` where the outputs need an input that is not among `inputs`.
    """
    known = {id(symbol) for symbol in inputs}
    order: list[Symbol] = []
    waiting = [(symbol, False) for symbol in reversed(outputs)]
    while waiting:
        symbol, ready = waiting.pop()
        if id(symbol) in known:
            continue
        if symbol.node is None:
            raise InvalidValue(f"Model: the outputs need {symbol.name!r}, not one of its inputs")
        if ready:
            known.add(id(symbol))
            order.append(symbol)
            continue
        waiting.append((symbol, True))
        waiting.extend((one, False) for one in reversed(symbol.node.inputs))
    return order
