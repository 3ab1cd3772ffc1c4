"""The table of a model's layers: shapes, numbers of weights, receptive fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgkernels.nn.receptive import receptive_fields

if TYPE_CHECKING:
    from imgkernels.nn.model import Model

_HEAD = ("Layer (type)", "Output Shape", "Param #", "Receptive field")


def summary(model: Model) -> str:
    """Return the table, one line per layer, and the totals below, as Keras prints them.

    In a model with branches a last column names where a layer's inputs come from.
    """
    network = model.network
    names = {id(symbol): symbol.name for symbol in network.inputs}
    names |= {id(s): n.layer.name for s, n in zip(network.steps, network.nodes, strict=True)}
    fields = receptive_fields(model)
    rows = []
    for symbol, node in zip(network.steps, network.nodes, strict=True):
        layer = node.layer
        shape = f"({', '.join(map(str, (None, *symbol.shape)))})"
        rows.append([
            f"{layer.name} ({type(layer).__name__})", shape, f"{layer.count_params():,}",
            str(fields[layer.name]), ", ".join(names[id(one)] for one in node.inputs),
        ])  # fmt: skip
    chain = all(len(node.inputs) == 1 for node in network.nodes) and len(network.inputs) == 1
    head = list(_HEAD) if chain else [*_HEAD, "Connected to"]
    rows = [row[: len(head)] for row in rows]
    trained = sum(variable.value.size for variable in network.variables)
    total = model.count_params()
    return "\n".join(
        [
            f'Model: "{model.name}"',
            *_table([head, *rows]),
            f"Total params: {total:,}",
            f"Trainable params: {trained:,}",
            f"Non-trainable params: {total - trained:,}",
        ]
    )


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if place == 2 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "-" * max(map(len, lines))
    return [rule, lines[0], rule, *lines[1:], rule]
