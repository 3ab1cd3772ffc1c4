"""A convolution and the maxima of its answers, run as one layer where the engine has a way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from imgkernels.engine.pooled import Pooled, pooled
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.graph import Node
from imgkernels.nn.layer import Layer, Memo
from imgkernels.nn.padding import lay, unlay
from imgkernels.nn.pooling import MaxPooling2D
from imgkernels.values import Floats


def pairs_of(
    nodes: Sequence[Node], sources: Sequence[Sequence[int]], ends: Sequence[int], first: int
) -> dict[int, int]:
    """Return where each pooling stands whose convolution feeds nothing else, by the latter's place.

    `sources` are the wires into each node, `first` is the wire out of the first node.
    """
    read = Counter(wire for wires in (*sources, ends) for wire in wires)
    found = {}
    for place, node in enumerate(nodes):
        before = sources[place][0] - first
        if before >= 0 and read[before + first] == 1 and _may(nodes[before].layer, node.layer):
            found[before] = place
    return found


def answer(conv: Layer, pool: Layer, x: Floats, memo: Memo) -> Floats | None:
    """Return the pooled answer for `x`; None where the two must go one by one."""
    assert isinstance(conv, Conv2D) and isinstance(pool, MaxPooling2D)
    pairs = conv.pairs(x.shape[1:-1])
    x = np.ascontiguousarray(lay(x, pairs, conv.border, conv.border_value))
    asked = (x.shape, memo.wants_input)
    if memo.kept.get("asked") != asked:
        memo.kept["asked"], memo.kept["pooled"] = asked, _way(conv, pool, x.shape, memo)
    run: Pooled | None = memo.kept["pooled"]
    if run is None or conv.bias is None:
        return None
    memo.kept["laid"] = pairs
    return run.forward(x, conv.kernel.value, conv.bias.value, remembers=memo.training)


def pull(conv: Layer, grad: Floats, memo: Memo) -> tuple[Floats, ...]:
    """Run backward through both; return the gradient of the convolution's input."""
    assert isinstance(conv, Conv2D)
    run: Pooled = memo.kept["pooled"]
    memo.grads["kernel"], memo.grads["bias"], found = run.backward(
        np.ascontiguousarray(grad), conv.kernel.value, wants_input=memo.wants_input
    )
    return (grad if found is None else unlay(found, memo.kept["laid"], conv.border),)


def _may(conv: Layer, pool: Layer) -> bool:
    """Tell whether two layers are such a pair, whatever comes in."""
    return (
        type(conv) is Conv2D
        and isinstance(pool, MaxPooling2D)
        and conv.rectifies
        and pool.in_twos
        and conv.dtype == np.float32
        and {conv.data_format, pool.data_format} == {"channels_last"}
    )


def _way(conv: Conv2D, pool: MaxPooling2D, shape: tuple[int, ...], memo: Memo) -> Pooled | None:
    problem = conv.problem(shape)
    whole = not any(map(any, pool.pairs(problem.out_space)))
    return pooled(problem, memo.wants_input) if whole else None
