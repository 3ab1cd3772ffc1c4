"""A network with names, weights and training: Keras's Model."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue, unknown
from imgkernels.nn.graph import Symbol
from imgkernels.nn.layer import Layer, Rule
from imgkernels.nn.network import Network
from imgkernels.nn.training import Trainer
from imgkernels.values import Floats

if TYPE_CHECKING:
    from imgkernels.nn.saving import Loaded


class Model(Trainer):
    """The layers between `inputs` and `outputs`, symbols from `Input` and from calls of layers.

    Weights are drawn from `seed`, layer by layer: the same seed makes the same network. Layers
    without a name get one that is unique here ("conv2d", "conv2d_1").
    """

    def __init__(
        self,
        inputs: Symbol | Sequence[Symbol],
        outputs: Symbol | Sequence[Symbol],
        *,
        name: str = "model",
        seed: int = 0,
    ) -> None:
        self.name, self.seed = name, seed
        self._set_graph(_listed(inputs), _listed(outputs))

    def _set_graph(self, inputs: Sequence[Symbol], outputs: Sequence[Symbol]) -> None:
        self.network = Network(inputs, outputs)
        self._give_names()
        for place, node in enumerate(self.network.nodes):
            rng = np.random.default_rng([self.seed, place])
            node.layer.ensure_built([symbol.shape for symbol in node.inputs], rng)

    def _give_names(self) -> None:
        taken = [layer.name for layer in self.layers if layer.name]
        twice = {name for name in taken if taken.count(name) > 1}
        if twice:
            raise InvalidValue(f"{self.name}: layers need different names; got {min(twice)} twice")
        for layer in self.layers:
            if not layer.name:
                layer.name = _free(_snake(type(layer).__name__), taken)
                taken.append(layer.name)

    @property
    def layers(self) -> list[Layer]:
        """The layers, each once, in the order of their first call."""
        return self.network.layers

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the first input, None for the batch."""
        return (None, *self.network.inputs[0].shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of the first output, None for the batch."""
        return (None, *self.network.outputs[0].shape)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by its name or by its place; raise `UnknownName` with the near match."""
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise InvalidValue(
                    f"{self.name}: layers are numbered 0 to {len(self.layers) - 1}; got {index}"
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise unknown("layer", str(name), [layer.name for layer in self.layers])

    def count_params(self) -> int:
        """Return how many numbers all weights hold."""
        return sum(layer.count_params() for layer in self.layers)

    def summary(self) -> None:
        """Print the layers with their shapes, numbers of weights and receptive fields."""
        from imgkernels.nn.summary import summary

        print(summary(self))

    def get_weights(self) -> list[Floats]:
        """Return copies of all weights, layer by layer."""
        return [w for layer in self.layers for w in layer.get_weights()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Put in all weights, layer by layer."""
        counts = [len(layer.variables) for layer in self.layers]
        if sum(counts) != len(weights):
            raise InvalidValue(f"{self.name}: has {sum(counts)} weights; got {len(weights)}")
        left = list(weights)
        for layer, count in zip(self.layers, counts, strict=True):
            layer.set_weights(left[:count])
            del left[:count]

    def named_weights(self) -> dict[str, Floats]:
        """Return the weights themselves as "layer/kernel": array, for whoever writes files."""
        return {
            f"{layer.name}/{name}": variable.value
            for layer in self.layers
            for name, variable in layer.variables.items()
        }

    def save_weights(self, path: str | os.PathLike[str]) -> None:
        """Write the weights as .npz or .safetensors; whole, or not at all."""
        from imgkernels.nn import saving

        saving.save_weights(self, path)

    def load_weights(
        self, path: str | os.PathLike[str], by_name: bool = False, skip_mismatch: bool = False
    ) -> Loaded:
        """Put in the weights of a file of any known kind; see `saving.load_weights`."""
        from imgkernels.nn import saving

        return saving.load_weights(self, path, by_name, skip_mismatch)

    def activations(self, x: npt.ArrayLike, layer: str) -> Floats:
        """Return what a layer answers inside the network."""
        self.network.forward(self.arrays(x))
        return self.network.value(self.network.wire_of(self.get_layer(layer)))

    def given(self, x: npt.ArrayLike, layer: str) -> Floats:
        """Return what a layer is given inside the network."""
        self.network.forward(self.arrays(x))
        return self.network.value(self.network.wire_into(self.get_layer(layer)))

    def gradient(
        self,
        x: npt.ArrayLike,
        output_gradient: npt.ArrayLike,
        *,
        layer: str | None = None,
        rule: Rule = "vanilla",
        linear: bool = False,
    ) -> tuple[Floats, Floats, Floats]:
        """Return outputs, the values asked for, and the gradient for them.

        The values are the input's, or the answer of `layer`. `output_gradient`, of the outputs'
        shape, says what is followed: one-hot for the score of a class. `linear` takes the last
        activation away (softmax to linear), so that the score before it is followed.
        """
        xs = self.arrays(x)
        y = self.network.forward(xs, rule=rule)[0]
        wire = 0 if layer is None else self.network.wire_of(self.get_layer(layer))
        grad = np.broadcast_to(np.asarray(output_gradient, y.dtype), y.shape)
        (found,) = self.network.backward([grad], to=[wire], before_activation=linear)
        self.network.weight_gradients()  # nobody asked for them: forget them
        return y, self.network.value(wire), found


def _listed(symbols: Symbol | Sequence[Symbol]) -> list[Symbol]:
    return [symbols] if isinstance(symbols, Symbol) else list(symbols)


def _snake(name: str) -> str:
    """Return Keras's word for a class: Conv2D is conv2d, MaxPooling2D max_pooling2d."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _free(word: str, taken: Sequence[Any]) -> str:
    number, name = 0, word
    while name in taken:
        number += 1
        name = f"{word}_{number}"
    return name
