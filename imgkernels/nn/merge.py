"""Layers that join several inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgkernels.errors import InvalidValue
from imgkernels.nn.layer import Layer, Memo, Shape
from imgkernels.values import Floats


class Merge(Layer):
    """What joining layers share: they answer for all inputs, and give each its gradient."""

    def output_shape(self, shape: Shape) -> Shape:
        return self.shape_of([shape])

    def forward(self, x: Floats, memo: Memo) -> Floats:
        return self.answer([x], memo)

    def backward(self, grad: Floats, memo: Memo) -> Floats:
        return self.pull(grad, memo)[0]


class Add(Merge):
    """The sum of inputs of one shape."""

    def shape_of(self, shapes: Sequence[Shape]) -> Shape:
        if len(set(shapes)) != 1:
            raise InvalidValue(f"{self.label}: inputs must be of one shape; got {list(shapes)}")
        return shapes[0]

    def answer(self, inputs: Sequence[Floats], memo: Memo) -> Floats:
        memo.kept["inputs"] = len(inputs)
        total = inputs[0].copy()
        for one in inputs[1:]:
            total += one
        return total

    def pull(self, grad: Floats, memo: Memo) -> tuple[Floats, ...]:
        return (grad, *(grad.copy() for _ in range(memo.kept["inputs"] - 1)))


class Concatenate(Merge):
    """Inputs side by side along `axis`, counted with the batch as Keras does; -1 is channels."""

    def __init__(self, axis: int = -1, **common: Any) -> None:
        super().__init__(**common)
        self.axis = int(axis)

    def shape_of(self, shapes: Sequence[Shape]) -> Shape:
        if not shapes:
            raise InvalidValue(f"{self.label}: takes at least one input")
        place = self._place(len(shapes[0]))
        rest = {shape[:place] + shape[place + 1 :] for shape in shapes}
        if len(rest) != 1:
            raise InvalidValue(
                f"{self.label}: inputs must agree on all axes but {self.axis}; got {list(shapes)}"
            )
        whole = sum(shape[place] for shape in shapes)
        return (*shapes[0][:place], whole, *shapes[0][place + 1 :])

    def answer(self, inputs: Sequence[Floats], memo: Memo) -> Floats:
        axis = self._place(inputs[0].ndim - 1) + 1
        memo.kept["edges"] = np.cumsum([one.shape[axis] for one in inputs])[:-1]
        return np.concatenate(inputs, axis=axis)

    def pull(self, grad: Floats, memo: Memo) -> tuple[Floats, ...]:
        axis = self._place(grad.ndim - 1) + 1
        parts = np.split(grad, memo.kept["edges"], axis=axis)
        return tuple(np.ascontiguousarray(part) for part in parts)

    def _place(self, axes: int) -> int:
        """Return the axis without the batch."""
        place = self.axis - 1 if self.axis > 0 else self.axis + axes
        if self.axis == 0 or not 0 <= place < axes:
            raise InvalidValue(
                f"{self.label}: axis must be from 1 to {axes}, or from -{axes} to -1; "
                f"got {self.axis}"
            )
        return place
