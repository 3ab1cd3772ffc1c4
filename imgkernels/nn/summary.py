"""The table of a model's layers: shapes and numbers of weights, as Keras prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgkernels.nn.model import Model


def table(model: Model) -> str:
    """Return the layers with their output shapes and weights, and the totals below.

    >>> from imgkernels.nn import Dense, Sequential
    >>> print(table(Sequential([Dense(2, input_shape=(3,))])))
    Model: sequential
    layer (type)   output shape  weights
    ------------------------------------
    dense (Dense)  (None, 2)           8
    ------------------------------------
    total 8, trainable 8, non-trainable 0
    """
    head = ("layer (type)", "output shape", "weights")
    rows = [
        (
            f"{node.layer.name} ({type(node.layer).__name__})",
            f"(None, {', '.join(map(str, symbol.shape))})",
            f"{node.layer.count_params():,}",
        )
        for symbol, node in zip(model.network.steps, model.network.nodes, strict=True)
    ]
    wide = [max(len(row[column]) for row in (head, *rows)) for column in range(3)]
    lines = [f"{a:<{wide[0]}}  {b:<{wide[1]}}  {c:>{wide[2]}}" for a, b, c in (head, *rows)]
    rule = "-" * len(lines[0])
    total = model.count_params()
    trainable = sum(v.value.size for v in model.network.variables)
    ends = f"total {total:,}, trainable {trainable:,}, non-trainable {total - trainable:,}"
    return "\n".join([f"Model: {model.name}", lines[0], rule, *lines[1:], rule, ends])
