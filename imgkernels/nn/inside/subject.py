"""What is looked at: a picture in a model, a class, and where heights and channels lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.nn.conv import Conv2D
from imgkernels.nn.layer import Layer, Shape
from imgkernels.nn.model import Model
from imgkernels.values import Floats


@dataclass(frozen=True, eq=False)
class Subject:
    """A picture as a model's only input, and the class that is asked about."""

    model: Model
    x: Floats  # (1, *shape of the input)
    of: int

    @classmethod
    def of_picture(cls, model: Model, picture: npt.ArrayLike, of: int | None) -> Subject:
        """Check a picture `(H, W, C)` or `(H, W)`; the class is the predicted one unless given."""
        x = as_input(model, picture)
        scores = model.predict(x)[0]
        if scores.ndim != 1:
            raise UnsupportedImage(f"{model.name}: gives {scores.shape}, no score per class")
        if of is not None and not 0 <= of < len(scores):
            raise InvalidValue(f"class must be 0 to {len(scores) - 1}; got {of}")
        return cls(model, x, int(scores.argmax()) if of is None else of)

    @property
    def wish(self) -> Floats:
        """The gradient of the class's score for the outputs: 1 at its place."""
        return wish(self.model, self.of)


def wish(model: Model, of: int) -> Floats:
    """Return a row that is 1 at the class and 0 at all others."""
    row: Floats = np.zeros((1, *model.network.outputs[0].shape), np.float32)
    row[..., of] = 1
    return row


def channels_first(model: Model) -> bool:
    """Tell whether the model takes pictures as (C, H, W)."""
    formats = {getattr(layer, "data_format", None) for layer in model.layers}
    return "channels_first" in formats


def as_input(model: Model, picture: npt.ArrayLike) -> Floats:
    """Return a picture `(H, W, C)` or `(H, W)`, or a batch of them, as the model takes it."""
    x: Floats = np.asarray(picture, np.float32)
    x = x[..., np.newaxis] if x.ndim == 2 else x
    x = x[np.newaxis] if x.ndim == 3 else x
    return x.transpose(0, 3, 1, 2) if channels_first(model) and x.ndim == 4 else x


def as_pictures(model: Model, x: Floats) -> Floats:
    """Return what came from the model `(N, ...)` as `(N, H, W, C)`."""
    return x.transpose(0, 2, 3, 1) if channels_first(model) and x.ndim == 4 else x


def shape_last(model: Model, shape: Shape) -> Shape:
    """Return the shape of maps as (H, W, C)."""
    return (*shape[1:], shape[0]) if channels_first(model) and len(shape) == 3 else shape


def conv_layers(model: Model) -> list[Layer]:
    """Return the convolutional layers in order; raise where there is none."""
    found: list[Layer] = [layer for layer in model.layers if isinstance(layer, Conv2D)]
    if not found:
        raise InvalidValue(f"{model.name}: has no Conv2D to look into")
    return found


def conv_named(model: Model, name: str | None, default: int) -> Layer:
    """Return a layer by its name, or the convolutional one at a place (0 first, -1 last)."""
    return conv_layers(model)[default] if name is None else model.get_layer(name)


def normalised(heat: Floats) -> Floats:
    """Return a map from 0 to 1; what is 0 everywhere stays so."""
    low, high = float(heat.min()), float(heat.max())
    shown: Floats = (heat - low) / (high - low) if high > low else np.zeros_like(heat)
    return shown
