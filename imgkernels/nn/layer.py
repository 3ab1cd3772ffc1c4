"""What every layer is, and what one call of a layer remembers.

A layer holds its arguments and its weights, and nothing of any call. What a call must remember for
the way back lies in a `Memo`, one for each place in the network and each shard of the batch, so
that shards run on several threads at once.

To write a layer, give it `output_shape`, `forward` and `backward`, and `build` if it has weights::

    class Scale(Layer):
        def build(self, shape, rng):
            self.factor = self.add_weight("factor", shape[-1:], "ones", rng)

        def output_shape(self, shape):
            return shape

        def forward(self, x, memo):
            memo.kept["x"] = x
            return x * self.factor.value

        def backward(self, grad, memo):
            x = memo.kept["x"]
            memo.grads["factor"] = (grad * x).reshape(-1, x.shape[-1]).sum(axis=0)
            return grad * self.factor.value
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.nn.constraints import Constraint, constraint
from imgkernels.nn.initializers import Initializer, initializer
from imgkernels.nn.regularizers import Regularizer, regularizer
from imgkernels.nn.variable import Variable
from imgkernels.values import Floats

if TYPE_CHECKING:
    from imgkernels.nn.graph import Symbol

Shape = tuple[int, ...]  # without the batch
Rule = Literal["vanilla", "guided", "relu"]
_DTYPES = ("float32", "float64")


@dataclass
class Memo:
    """What one call of a layer remembers, and what it is told about the call.

    `kept` is the layer's own, from forward to backward; `buffers` are arrays used again in the
    next step; `grads` are the gradients of the layer's weights by their names, set by backward.
    `rule` says how gradients pass a ReLU: "vanilla" (where its input was positive), "relu"
    (where the gradient is positive), "guided" (where both are).
    """

    training: bool = False
    wants_input: bool = True  # whether anything asks for the gradient of the layer's input
    rule: Rule = "vanilla"
    before_activation: bool = False  # whether the gradient is that of the sums before it
    batch: int = 1  # samples in the whole batch, of which a shard is a part
    seed: tuple[int, ...] = (0,)
    kept: dict[str, Any] = field(default_factory=dict)
    grads: dict[str, Floats] = field(default_factory=dict)
    buffers: dict[str, Floats] = field(default_factory=dict)
    penalty: float = 0.0  # what the layer's answer adds to the loss

    def rng(self) -> np.random.Generator:
        """Return a generator that depends on the seed, the step, the shard and the layer alone."""
        return np.random.default_rng(self.seed)

    def buffer(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Floats:
        """Return an array of this shape, the same one as in the last step where it fits."""
        found = self.buffers.get(name)
        if found is None or found.shape != shape or found.dtype != dtype:
            found = self.buffers[name] = np.empty(shape, dtype)
        return found


class Layer(ABC):
    """One step of a network: arrays `(N, *shape)` in, arrays out, and the gradient back.

    `name` is unique in a model, which gives one to layers without; `trainable=False` freezes the
    weights; `dtype` is "float32" or "float64"; `input_shape`, without the batch, may be given to
    the first layer of a Sequential.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: npt.DTypeLike = "float32",
        input_shape: Sequence[int] | None = None,
    ) -> None:
        if np.dtype(dtype).name not in _DTYPES:
            raise InvalidValue(
                f"{type(self).__name__}: dtype must be float32 or float64; got {np.dtype(dtype)}"
            )
        self.name = name or ""
        self.trainable = trainable
        self.dtype = cast("np.dtype[np.floating[Any]]", np.dtype(dtype))
        self.input_shape = None if input_shape is None else tuple(int(n) for n in input_shape)
        self.variables: dict[str, Variable] = {}
        self.built = False

    # What a layer says about itself

    def build(self, shape: Shape, rng: np.random.Generator) -> None:  # noqa: B027
        """Make the weights for inputs of `shape` (without the batch), by `add_weight`."""

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape that comes out, without the batch; raise for one that cannot go in."""

    @abstractmethod
    def forward(self, x: Floats, memo: Memo) -> Floats:
        """Answer for a batch; keep in `memo.kept` what backward needs.

        `x` is read only. The answer may lie in a buffer of the memo: the next call overwrites it.
        """

    @abstractmethod
    def backward(self, grad: Floats, memo: Memo) -> Floats:
        """Return the gradient for `x`, given that for the answer, which may be written into.

        Sets `memo.grads` for every trainable weight. Where `memo.wants_input` is false nobody
        reads what is returned.
        """

    # What the network asks; layers with several inputs override these three

    def shape_of(self, shapes: Sequence[Shape]) -> Shape:
        """Return the output's shape for those of all inputs."""
        if len(shapes) != 1:
            raise InvalidValue(f"{self.label}: takes one input; got {len(shapes)}")
        return self.output_shape(shapes[0])

    def answer(self, inputs: Sequence[Floats], memo: Memo) -> Floats:
        """Run forward on all inputs."""
        return self.forward(inputs[0], memo)

    def pull(self, grad: Floats, memo: Memo) -> tuple[Floats, ...]:
        """Run backward; return one gradient for each input."""
        return (self.backward(grad, memo),)

    @property
    def whole_batch(self) -> bool:
        """Whether training looks at the batch as a whole, so that it is not cut in shards here."""
        return False

    # What is common

    @property
    def label(self) -> str:
        """How messages call the layer."""
        return self.name or type(self).__name__

    def add_weight(
        self,
        name: str,
        shape: Sequence[int],
        start: Initializer | str,
        rng: np.random.Generator,
        *,
        trainable: bool = True,
        penalty: Regularizer | str | None = None,
        limit: Constraint | str | None = None,
    ) -> Variable:
        """Make a weight, drawn from `rng`, and keep it under its name."""
        value = np.ascontiguousarray(initializer(start)(tuple(shape), rng), self.dtype)
        made = Variable(name, value, trainable, regularizer(penalty), constraint(limit))
        self.variables[name] = made
        return made

    def ensure_built(self, shapes: Sequence[Shape], rng: np.random.Generator) -> None:
        """Build once; check the shapes on every call."""
        self.shape_of(shapes)
        if not self.built:
            self.build(shapes[0], rng)
            self.built = True

    @property
    def trainable_variables(self) -> list[Variable]:
        """The weights that training changes."""
        return [v for v in self.variables.values() if v.trainable] if self.trainable else []

    def count_params(self) -> int:
        """Return how many numbers the weights hold."""
        return sum(v.value.size for v in self.variables.values())

    def get_weights(self) -> list[Floats]:
        """Return copies of the weights, in the order they were made."""
        return [v.value.copy() for v in self.variables.values()]

    def set_weights(self, weights: Sequence[npt.ArrayLike]) -> None:
        """Put in weights of the same number and shapes; all are checked before one is changed."""
        mine = list(self.variables.values())
        if len(weights) != len(mine):
            raise InvalidValue(
                f"{self.label}: has {len(mine)} weights; got {len(weights)}"
                + ("" if self.built else " (the layer is not built yet)")
            )
        new = [np.array(w, dtype=self.dtype) for w in weights]
        for variable, value in zip(mine, new, strict=True):
            if value.shape != variable.value.shape:
                raise InvalidValue(
                    f"{self.label}: {variable.name} must be of shape {variable.value.shape}; "
                    f"got {value.shape}"
                )
        for variable, value in zip(mine, new, strict=True):
            variable.value = value

    def __call__(self, *inputs: Any, training: bool = False) -> Any:
        """Join the layer to symbols of a functional model, or answer for arrays at once."""
        from imgkernels.nn.graph import Symbol, join

        given = inputs[0] if len(inputs) == 1 and isinstance(inputs[0], list | tuple) else inputs
        if all(isinstance(one, Symbol) for one in given):
            return join(self, tuple(given))
        arrays = [np.asarray(one, self.dtype) for one in given]
        self.ensure_built([a.shape[1:] for a in arrays], np.random.default_rng(0))
        return self.answer(arrays, Memo(training=training)).copy()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


def need_axes(who: str, shape: Shape, axes: int) -> None:
    """Raise unless a shape without its batch has so many axes."""
    if len(shape) != axes:
        raise UnsupportedImage(
            f"{who}: takes {axes + 1} axes with the batch; got {len(shape) + 1}, "
            f"shape (None, {', '.join(map(str, shape))})"
        )


__all__ = ["Layer", "Memo", "Rule", "Shape", "Symbol", "need_axes"]
