"""What is missing from a picture: NaN and what lies outside a mask, and what becomes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imgkernels.choices import chosen
from imgkernels.errors import InvalidValue, UnsupportedImage
from imgkernels.image import Image
from imgkernels.operations import Frame, Nan
from imgkernels.values import Array, Floats, checked_array, compute_dtype, white_of

Where = npt.NDArray[np.bool_]


def parse_nan(word: Nan | str) -> Nan:
    """Read a policy by its word; raise `UnknownName` with the near match."""
    return chosen(Nan, word, "policy for NaN")


def weights_of_mask(mask: npt.ArrayLike | Image, space: tuple[int, ...]) -> Floats:
    """Return a mask as weights from 0 to 1, `(*space, 1)`, float64; white is 1.

    Raises `InvalidValue` for a mask of colours, of another size, or with values that are no
    weights.
    """
    found = _plane(mask)
    if found.shape != space:
        raise UnsupportedImage(
            f"mask: must have the picture's size {_size(space)}; got {_size(found.shape)}"
        )
    if found.size and not (found.min() >= 0 and found.max() <= 1):
        raise InvalidValue("mask: weights must be numbers from black to white")
    return found[..., np.newaxis]


def outside(frame: Frame) -> Where | None:
    """Tell which pixels weigh nothing, `(*space, 1)`; None where there is no mask."""
    return None if frame.certainty is None else np.asarray(frame.certainty == 0)


def missing_from(colour: Array, frame: Frame) -> Where | None:
    """Tell which values stay missing from step to step; None for none."""
    unweighed = outside(frame)
    if frame.nan is not Nan.KEEP or colour.dtype.kind != "f":
        return unweighed
    holes = np.isnan(colour)
    return holes if unweighed is None else np.logical_or(holes, unweighed)


def hidden(answer: Array, missing: Where | None) -> Array:
    """Return the values with NaN where they are missing."""
    if missing is None or not missing.any():
        return answer
    y: Floats = answer.astype(compute_dtype(answer.dtype), copy=False)
    return np.where(missing, y.dtype.type(np.nan), y)


def restored(answer: Array, came: Array, missing: Where | None, frame: Frame) -> Array:
    """Give missing pixels what came back; where NaN is ignored only those that nothing filled."""
    if missing is None:
        return answer
    if missing.shape[-1] > answer.shape[-1]:
        missing = missing.max(axis=-1, keepdims=True)
    if frame.nan is Nan.IGNORE:
        missing = missing & np.isnan(answer)
    return np.where(missing, came, answer)


def _plane(mask: npt.ArrayLike | Image) -> Floats:
    picture = mask if isinstance(mask, Image) else None
    x: Any = np.asarray(mask) if picture is None else picture.pixels
    x = x.astype(np.uint8) * np.uint8(255) if x.dtype == bool else checked_array(x, "mask")
    if picture is not None and picture.axes.endswith("c"):
        opaque = not picture.alpha or bool((x[..., -1] == picture.white).all())
        colours = x[..., :-1] if picture.alpha else x
        if not opaque or not (colours == colours[..., :1]).all():
            raise InvalidValue("mask: must be grey, white where the picture counts")
        x = colours[..., 0]
    white = white_of(x.dtype) if picture is None else picture.white
    weights: Floats = x.astype(np.float64) / white
    return weights


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
