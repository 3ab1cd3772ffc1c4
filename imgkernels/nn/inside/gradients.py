"""Where a network looks, by gradients: saliency, Grad-CAM, and the box around what it shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue, unknown
from imgkernels.nn.data.resize import resized
from imgkernels.nn.inside.subject import (
    Subject,
    as_pictures,
    conv_layers,
    normalised,
    shape_last,
)
from imgkernels.nn.layer import Rule
from imgkernels.nn.model import Model
from imgkernels.values import Floats

_FINE = 7  # pixels a side
MODIFIERS: tuple[Rule, ...] = ("vanilla", "guided", "relu")


class Box(NamedTuple):
    """A rectangle of pixels: its upper left corner and its size."""

    x: int
    y: int
    width: int
    height: int


def saliency(
    model: Model,
    picture: npt.ArrayLike,
    of: int | None = None,
    *,
    modifier: Rule = "vanilla",
) -> Floats:
    """Return `(H, W)`, 0 to 1: how much each pixel moves the score of a class.

    The score is that before the softmax; of channels the largest counts. `of` is the predicted
    class unless given. `modifier`: "guided" and "relu" let only positive gradients through a
    ReLU. Source: Simonyan, Vedaldi, Zisserman, Deep inside convolutional networks, 2014.
    """
    subject = Subject.of_picture(model, picture, of)
    _, _, gradient = model.gradient(
        subject.x, subject.wish, rule=known_modifier(modifier), linear=True
    )
    return normalised(np.abs(as_pictures(model, gradient)[0]).max(axis=-1))


def grad_cam(
    model: Model,
    picture: npt.ArrayLike,
    of: int | None = None,
    *,
    layer: str | None = None,
    modifier: Rule = "vanilla",
) -> Floats:
    """Return `(H, W)`, 0 to 1: where the maps of a layer speak for a class.

    `layer` is the last convolutional one with maps of 7 pixels a side or more, unless named.
    Source: Selvaraju et al., Grad-CAM: visual explanations from deep networks, 2017.
    """
    subject = Subject.of_picture(model, picture, of)
    name = layer or _telling(model)
    _, maps, gradient = model.gradient(
        subject.x, subject.wish, layer=name, rule=known_modifier(modifier), linear=True
    )
    maps, gradient = as_pictures(model, maps)[0], as_pictures(model, gradient)[0]
    if maps.ndim != 3:
        raise InvalidValue(f"grad_cam: layer {name!r} has no maps; name a convolutional one")
    heat = np.maximum(maps @ gradient.mean(axis=(0, 1)), 0)
    height, width, _ = as_pictures(model, subject.x)[0].shape
    return normalised(resized(heat[..., np.newaxis], (height, width))[..., 0])


def bounding_box(heat: npt.ArrayLike, threshold: float = 0.2) -> Box | None:
    """Return the box around the largest connected region above a share of the maximum.

    Pixels touch by their sides; None where all is 0. Source of the rule and of its 20 %: Zhou et
    al., Learning deep features for discriminative localization, 2016.

    >>> bounding_box([[0.0, 0.1, 1.0], [0.6, 0.8, 0.0]])
    Box(x=0, y=1, width=2, height=1)
    """
    if not 0 < threshold <= 1:
        raise InvalidValue(f"bounding_box: threshold must be in (0, 1]; got {threshold!r}")
    x = np.asarray(heat)
    if x.size == 0 or not x.max() > 0:
        return None
    rows, columns = (
        np.array(places) for places in zip(*_largest(x >= threshold * x.max()), strict=True)
    )
    top, left = int(rows.min()), int(columns.min())
    return Box(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)


def _telling(model: Model) -> str:
    """Return the last convolutional layer whose maps still tell places apart."""
    sides = {
        symbol.node.layer: min(shape_last(model, symbol.shape)[:2])
        for symbol in model.network.steps
        if symbol.node is not None and len(symbol.shape) == 3
    }
    layers = conv_layers(model)
    fine = [layer for layer in layers if sides.get(layer, 0) >= _FINE]
    return (fine or layers)[-1].name


def known_modifier(modifier: Rule) -> Rule:
    """Return the modifier; raise `UnknownName` with the near match."""
    if modifier not in MODIFIERS:
        raise unknown("modifier", str(modifier), MODIFIERS)
    return modifier


def _largest(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the places of the largest connected part of a mask that is not empty."""
    left = set(zip(*(each.tolist() for each in np.nonzero(mask)), strict=True))
    best: list[tuple[int, int]] = []
    while left:
        waiting, part = [left.pop()], []
        while waiting:
            y, x = waiting.pop()
            part.append((y, x))
            near = {(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)} & left
            left -= near
            waiting += near
        best = max(best, part, key=len)
    return best
