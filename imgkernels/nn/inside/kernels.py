"""A layer's kernels as they are, and its answers to a picture."""

from __future__ import annotations

import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.nn.inside.subject import as_input, as_pictures, conv_named
from imgkernels.nn.model import Model
from imgkernels.values import Floats
from imgkernels.weights import LayerWeights


def filters(model: Model, layer: str | None = None) -> Floats:
    """Return the kernels of a layer, by default the first Conv2D, as (filter, *window, channel)."""
    chosen = conv_named(model, layer, 0)
    arrays = {name: variable.value for name, variable in chosen.variables.items()}
    return LayerWeights(chosen.name, arrays, "filters last").filters().copy()


def responses(model: Model, picture: npt.ArrayLike, layer: str | None = None) -> Floats:
    """Return a layer's answers to a picture as maps `(H, W, filter)`, after its activation.

    The first convolution's by default; each filter's map shows where the picture has what the
    filter is for.
    """
    name = conv_named(model, layer, 0).name
    maps: Floats = as_pictures(model, model.activations(as_input(model, picture), name))[0]
    if maps.ndim != 3:
        raise InvalidValue(f"responses: layer {name!r} answers {maps.shape}, which is no maps")
    return maps
