"""A folder for each class: `train/cat/1.png`, read through `imgkernels.files`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from imgkernels import files
from imgkernels.errors import FileProblem, InvalidValue
from imgkernels.files.formats import PICTURE_SUFFIXES
from imgkernels.files.words import reason, shown
from imgkernels.nn.data.dataset import Dataset, Splits
from imgkernels.nn.data.resize import resized
from imgkernels.operations.point import LUMA
from imgkernels.values import Array, Floats

Colour = Literal["grey", "rgb"]
COLOURS: tuple[Colour, ...] = ("grey", "rgb")

_PARTS = (("train", "test"), ("train", "val"), ("train", "validation"), ("training", "testing"))


@dataclass(frozen=True)
class Folder:
    """The pictures below a folder, with the class of each: the folder it lies in."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, folder: str | os.PathLike[str], classes: Sequence[str] | None = None) -> Folder:
        """Find the pictures of a folder; classes are its folders by name, or the given ones.

        Files that are no pictures by their suffix, and hidden ones, are passed over.
        """
        who = shown(os.fspath(folder))
        try:
            inside = sorted(each.name for each in Path(folder).iterdir() if each.is_dir())
            names = [n for n in inside if not n.startswith(".")] if classes is None else classes
            missing = [name for name in names if name not in inside]
            if missing or not names:
                raise FileProblem(
                    f"{who}: has no folder {missing[0] if missing else 'for a class'}"
                )
            found = [_pictures(Path(folder) / name) for name in names]
        except OSError as error:
            if isinstance(error, FileProblem):
                raise
            raise FileProblem(f"{who}: {reason(error)}") from error
        empty = [name for name, paths in zip(names, found, strict=True) if not paths]
        if empty:
            raise FileProblem(f"{who}: there is no picture in the folder {shown(empty[0])}")
        labels = [number for number, paths in enumerate(found) for _ in paths]
        return cls(tuple(p for paths in found for p in paths), tuple(labels), tuple(names))


def read_folder(
    folder: str | os.PathLike[str],
    size: tuple[int, int] | None = None,
    colour: Colour = "rgb",
    classes: Sequence[str] | None = None,
) -> Dataset:
    """Return the pictures of a folder per class, uint8, all of one size.

    `size` is height and width; without it all must have that of the first.
    Raises `FileProblem` that names the file.
    """
    found = Folder.of(folder, classes)
    images: Array | None = None
    for place, path in enumerate(found.paths):
        x = np.rint(255 * read_picture(path, size, colour)).astype(np.uint8)
        if images is None:
            images = np.empty((len(found.paths), *x.shape), np.uint8)
        if x.shape != images.shape[1:]:
            raise FileProblem(
                f"{shown(str(path))}: is {x.shape[1]} x {x.shape[0]}, others are "
                f"{images.shape[2]} x {images.shape[1]}; give a size to bring all to"
            )
        images[place] = x
    assert images is not None  # a folder without pictures is refused
    return Dataset(images, np.array(found.labels, np.int64), found.classes)


def read_splits(
    folder: str | os.PathLike[str], size: tuple[int, int] | None = None, colour: Colour = "rgb"
) -> Dataset | Splits:
    """Return the folders train and test (or val) below a folder, else the folder itself."""
    for parts in _PARTS:
        inside = [Path(folder) / part for part in parts]
        if all(map(os.path.isdir, inside)):
            train = read_folder(inside[0], size, colour)
            test = read_folder(inside[1], size, colour, train.classes)
            if train.images.shape[1:] != test.images.shape[1:]:
                sizes = [
                    f"{p} is {x.images.shape[2]} x {x.images.shape[1]}"
                    for p, x in zip(parts, (train, test), strict=True)
                ]
                raise FileProblem(f"{shown(os.fspath(folder))}: {', '.join(sizes)}; give a size")
            return Splits(train, test)
    return read_folder(folder, size, colour)


def read_picture(
    path: str | os.PathLike[str], size: tuple[int, int] | None, colour: Colour
) -> Floats:
    """Return a picture as float32 `(H, W, C)`, black 0 and white 1; alpha is laid on black."""
    if colour not in COLOURS:
        raise InvalidValue(f"colour must be one of {', '.join(COLOURS)}; got {colour!r}")
    image = files.read(path)
    x: Floats = image.pixels.astype(np.float32) / np.float32(image.white)
    x = x if image.axes.endswith("c") else x[..., np.newaxis]
    if x.ndim != 3:
        raise FileProblem(
            f"{shown(os.fspath(path))}: is no flat picture: its axes are {image.axes}"
        )
    if image.alpha:
        x = x[..., :-1] * x[..., -1:]
    if colour == "grey" and x.shape[-1] == 3:
        x = x @ np.asarray(LUMA, np.float32)[:, np.newaxis]
    elif colour == "rgb" and x.shape[-1] == 1:
        x = np.repeat(x, 3, axis=-1)
    return x if size is None else resized(x, size)


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in PICTURE_SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    )
