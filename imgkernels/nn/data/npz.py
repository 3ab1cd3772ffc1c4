"""Pictures and labels in one .npz, under the names that people give them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from imgkernels import weights
from imgkernels.errors import FileProblem
from imgkernels.files.words import shown
from imgkernels.nn.data.dataset import Dataset, Splits
from imgkernels.values import Array

# Keras's mnist.npz; MedMNIST; ours.
_NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
_ONE = (("images", "labels"), ("x", "y"))


def read_npz(path: str | os.PathLike[str]) -> Dataset | Splits:
    """Return what an npz holds: x_train, y_train, x_test, y_test; or images, labels.

    Pictures are (N, H, W) or (N, H, W, C), labels whole numbers or one-hot.
    Raises `FileProblem`, one line that begins with the name.
    """
    found, who = weights.read(path), shown(os.fspath(path))
    for names in _NAMES:
        if found.keys() >= set(names):
            parts = [_dataset(found, *pair, who) for pair in (names[:2], names[2:])]
            count = max(part.count for part in parts)
            classes = tuple(map(str, range(count)))
            return Splits(*(Dataset(part.images, part.labels, classes) for part in parts))
    for one in _ONE:
        if found.keys() >= set(one):
            return _dataset(found, *one, who)
    raise FileProblem(
        f"{who}: holds {', '.join(list(found)[:8])}; pictures are read from "
        f"{', '.join(_NAMES[0])}, or {' and '.join(_ONE[0])}"
    )


def _dataset(found: Mapping[str, Array], images: str, labels: str, who: str) -> Dataset:
    x, y = found[images], found[labels]
    y = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1)
    if x.ndim not in (3, 4) or len(x) != len(y):
        raise FileProblem(
            f"{who}: {images} {x.shape} and {labels} {found[labels].shape} do not fit"
        )
    if y.size and (y.min() < 0 or y.max() > 10_000 or (y != np.rint(y)).any()):
        raise FileProblem(f"{who}: {labels} must be whole numbers from 0 to 10,000")
    classes = tuple(map(str, range(int(y.max(initial=0)) + 1)))
    return Dataset(x if x.ndim == 4 else x[..., np.newaxis], y.astype(np.int64), classes)
