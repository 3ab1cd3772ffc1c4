"""What a network needs to see: its answer while a patch hides part of the picture.

Source: Zeiler and Fergus, Visualizing and understanding convolutional networks, 2014.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue
from imgkernels.nn.inside.subject import Subject, as_input, as_pictures
from imgkernels.nn.model import Model
from imgkernels.values import Floats


@dataclass(frozen=True, eq=False)
class Occlusion:
    """The three outputs: by pixel the probability of the class, and which class wins; and counts.

    `heat` and `classes` are `(H, W)`: what comes out while the block that holds the pixel is
    hidden. `counts` tells for each class that wins how many blocks it wins.
    """

    of: int
    heat: Floats
    classes: npt.NDArray[np.int16]
    counts: dict[int, int]


def occlusion(
    model: Model,
    picture: npt.ArrayLike,
    of: int | None = None,
    *,
    size: int = 4,
    fill: float = 0.5,
    around: int = 2,
) -> Occlusion:
    """Hide one block of `size` pixels after the other, with `around` blocks on each side.

    The patch has the value `fill`. `of` is the predicted class unless given. With `around` 0
    the patch is the block itself; 2 makes it five blocks wide.
    """
    if size < 1 or around < 0:
        raise InvalidValue(
            f"occlusion: size must be 1 or more, around 0 or more; got {size} and {around}"
        )
    subject = Subject.of_picture(model, picture, of)
    image = as_pictures(model, subject.x)[0]
    height, width, _ = image.shape
    corners = [(y, x) for y in range(0, height, size) for x in range(0, width, size)]
    hidden = np.repeat(image[np.newaxis], len(corners), axis=0)
    for each, corner in zip(hidden, corners, strict=True):
        rows, columns = (slice(max(0, c - around * size), c + (around + 1) * size) for c in corner)
        each[rows, columns] = fill
    scores = model.predict(as_input(model, hidden))
    heat, classes = np.empty((height, width), np.float32), np.empty((height, width), np.int16)
    for (y, x), row in zip(corners, scores, strict=True):
        block = slice(y, y + size), slice(x, x + size)
        heat[block], classes[block] = row[subject.of], row.argmax()
    counts = Counter(scores.argmax(axis=1).tolist())
    return Occlusion(subject.of, heat, classes, dict(counts.most_common()))
