"""A network from its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from imgkernels.errors import InvalidValue, did_you_mean, unknown
from imgkernels.nn.model import Model
from imgkernels.nn.zoo import alexnet, digits, inception, lenet, mobilenet, simple

_MAKERS: dict[str, Callable[..., Model]] = {
    "net-a": digits.net_a,
    "net-b": digits.net_b,
    "net-c": digits.net_c,
    "mnist-mlp": digits.mnist_mlp,
    "two-layer": digits.two_layer,
    "simple-convnet": simple.simple_convnet,
    "simpleconv3": simple.simpleconv3,
    "lenet-5": lenet.lenet_5,
    "alexnet": alexnet.alexnet,
    "inception": inception.small_inception,
    "mobilenet": mobilenet.mobilenet,
}
_ALIASES = {
    "mnist-cnn": "net-b",  # Keras's example of this name is Net B
    "simple-conv-net": "simple-convnet",
}


def names() -> list[str]:
    """Return the names there are.

    >>> "net-a" in names()
    True
    """
    return sorted([*_MAKERS, *_ALIASES])


def build(name: str, *, seed: int = 0, **options: Any) -> Model:
    """Build a network of the zoo, its weights drawn from `seed`.

    Every network takes `classes`; `mobilenet` takes `width`, `alexnet` `grouped`, and
    `input_shape` what has one that can be chosen. Raises `UnknownName`, or `InvalidValue` for an
    option it has not.

    >>> build("net-a").count_params()
    93322
    """
    word = _ALIASES.get(name, name)
    if word not in _MAKERS:
        raise unknown("network", name, names())
    make = _MAKERS[word]
    known = [p for p in inspect.signature(make).parameters if p != "seed"]
    for option in options:
        if option not in known:
            raise InvalidValue(
                f"{name}: no option {option!r}{did_you_mean(option, known)}; "
                f"there are: {', '.join(known)}"
            )
    return make(seed=seed, **options)
