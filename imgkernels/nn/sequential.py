"""Layers one after the other: Keras's Sequential."""

from __future__ import annotations

from collections.abc import Sequence

from imgkernels.errors import InvalidValue
from imgkernels.nn.graph import Input, Symbol
from imgkernels.nn.layer import Layer
from imgkernels.nn.model import Model


class Sequential(Model):
    """A chain of layers; its input's shape is given to the first layer, by `Input`, or by `build`.

    >>> from imgkernels.nn.dense import Dense
    >>> Sequential([Dense(10, input_shape=(4,))]).count_params()
    50
    """

    def __init__(
        self, layers: Sequence[Layer | Symbol] = (), *, name: str = "sequential", seed: int = 0
    ) -> None:
        self.name, self.seed = name, seed
        self._chain: list[Layer] = []
        self._start: Symbol | None = None
        for layer in layers:
            self._put(layer)
        self._try_build()

    def add(self, layer: Layer | Symbol) -> None:
        """Put a layer at the end."""
        self._put(layer)
        self._try_build()

    def pop(self) -> Layer:
        """Take the last layer away and return it."""
        if not self._chain:
            raise InvalidValue(f"{self.name}: has no layer to take away")
        last = self._chain.pop()
        self._try_build()
        return last

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Make the weights for inputs of this shape, with the batch first (None)."""
        self._start = Input([n or 0 for n in input_shape[1:]])
        self._try_build()

    @property
    def layers(self) -> list[Layer]:
        """The layers in order."""
        return list(self._chain)

    def _put(self, layer: Layer | Symbol) -> None:
        if isinstance(layer, Symbol):
            if self._chain or self._start is not None:
                raise InvalidValue(f"{self.name}: the input must come first")
            self._start = layer
            return
        if not self._chain and self._start is None and layer.input_shape is not None:
            self._start = Input(layer.input_shape)
        self._chain.append(layer)

    def _try_build(self) -> None:
        if self._start is None or not self._chain:
            return
        symbol = self._start
        for layer in self._chain:
            symbol = layer(symbol)
        self._set_graph([self._start], [symbol])
