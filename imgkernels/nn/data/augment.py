"""Augmentation with the words of Keras's `ImageDataGenerator`, the same for the same seed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from imgkernels.errors import InvalidValue, did_you_mean
from imgkernels.nn.data.chances import Chances
from imgkernels.nn.data.dataset import one_hot
from imgkernels.nn.data.flow import Flow
from imgkernels.nn.data.statistics import EPSILON, Statistics
from imgkernels.values import Array, Floats

Subset = Literal["training", "validation"] | None
_CHANCES = {field.name for field in fields(Chances)}
_CLASS_MODES = ("categorical", "binary", "sparse", "input", None)


class ImageDataGenerator:
    """Makes changed pictures of pictures; arguments, units and order are those of Keras.

    Random changes are those of `Chances`: rotation_range (degrees), width_shift_range,
    height_shift_range, brightness_range, shear_range, zoom_range, channel_shift_range, fill_mode
    ("nearest", "constant", "reflect", "wrap"), cval, horizontal_flip, vertical_flip,
    interpolation_order. Then `preprocessing_function`, `rescale`, and what is centred, scaled or
    whitened; `featurewise_` means and deviations and whitening need `fit`.

    Pictures are `(N, H, W, C)`, or `(N, C, H, W)` with data_format "channels_first".
    Raises `InvalidValue` that names the argument.

    >>> generator = ImageDataGenerator(horizontal_flip=True, rotation_range=20)
    >>> x = np.zeros((4, 8, 8, 1), np.float32)
    >>> [batch.shape for batch in generator.flow(x, batch_size=3, seed=1)]
    [(3, 8, 8, 1), (1, 8, 8, 1)]
    """

    def __init__(
        self,
        *,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rescale: float | None = None,
        preprocessing_function: Callable[[Floats], npt.ArrayLike] | None = None,
        data_format: str = "channels_last",
        validation_split: float = 0.0,
        dtype: str = "float32",
        **chances: Any,
    ) -> None:
        for name in chances.keys() - _CHANCES:
            raise InvalidValue(
                f"ImageDataGenerator: no argument {name!r}{did_you_mean(name, _CHANCES)}"
            )
        if data_format not in ("channels_last", "channels_first"):
            raise InvalidValue(
                f"data_format must be channels_last or channels_first; got {data_format!r}"
            )
        if not 0 <= validation_split < 1:
            raise InvalidValue(f"validation_split must be in [0, 1); got {validation_split!r}")
        self.chances = Chances(**chances)
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        # As Keras has it: what is scaled is centred too, and whitening scales by itself.
        scaled = featurewise_std_normalization or zca_whitening
        self.featurewise_center = featurewise_center or scaled
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.data_format, self.validation_split, self.dtype = data_format, validation_split, dtype
        self.statistics: Statistics | None = None

    def fit(
        self, x: npt.ArrayLike, augment: bool = False, rounds: int = 1, seed: int | None = None
    ) -> None:
        """Measure means, deviations and whitening of pictures, or of `rounds` of changed ones."""
        pictures = self._last(np.asarray(x))
        if augment:
            dice = np.random.default_rng(seed)
            pictures = np.concatenate([self.chances.change(pictures, dice) for _ in range(rounds)])
        self.statistics = Statistics.of(
            pictures,
            center=self.featurewise_center,
            whiten=self.zca_whitening,
            epsilon=self.zca_epsilon,
        )

    def random_transform(self, x: npt.ArrayLike, seed: int | None = None) -> Floats:
        """Return one picture `(H, W, C)`, changed at random."""
        pictures = self._last(np.asarray(x)[np.newaxis])
        changed = self._back(self.chances.change(pictures, np.random.default_rng(seed)))
        picture: Floats = changed[0]
        return picture

    def standardize(self, x: npt.ArrayLike) -> Floats:
        """Return pictures centred, scaled and whitened as asked; nothing random."""
        return self._back(self._standardized(self._last(np.asarray(x))))

    def changed(self, x: Array, dice: np.random.Generator) -> Floats:
        """Return pictures changed at random, then standardised: what `flow` gives."""
        changed = self.chances.change(self._last(x), dice)
        return self._back(self._standardized(changed)).astype(self.dtype, copy=False)

    def flow(
        self,
        x: npt.ArrayLike,
        y: npt.ArrayLike | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: npt.ArrayLike | None = None,
        seed: int = 0,
        subset: Subset = None,
    ) -> Flow:
        """Return batches of changed pictures, with what belongs to each; see `Flow`."""
        pictures = np.asarray(x)
        others = [np.asarray(each) for each in (y, sample_weight) if each is not None]
        for each in others:
            if len(each) != len(pictures):
                raise InvalidValue(f"flow: {len(pictures)} pictures, but {len(each)} labels")
        chosen = self._part(len(pictures), subset)
        return Flow(pictures.__getitem__, self.changed, chosen, others, batch_size, shuffle, seed)

    def flow_from_directory(
        self,
        directory: str | os.PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
        subset: Subset = None,
    ) -> Flow:
        """Return batches of a folder per class; pictures are read when their batch comes.

        Values are 0 to 255, as Keras has them; `target_size` is height and width.
        """
        from imgkernels.nn.data import folders

        if class_mode not in _CLASS_MODES:
            raise InvalidValue(f"class_mode must be one of {_CLASS_MODES}; got {class_mode!r}")
        folder = folders.Folder.of(directory, classes)
        colour: folders.Colour = "grey" if color_mode == "grayscale" else color_mode  # type: ignore[assignment]

        def read(chosen: npt.NDArray[np.intp]) -> Array:
            paths = [folder.paths[place] for place in chosen]
            return 255 * np.stack([folders.read_picture(p, target_size, colour) for p in paths])

        labels = np.array(folder.labels)
        given = {"categorical": one_hot(labels, len(folder.classes)), "sparse": labels}
        others = [given.get(class_mode, labels.astype(np.float32))] if class_mode else []
        chosen = self._part(len(labels), subset)
        flow = Flow(read, self.changed, chosen, others, batch_size, shuffle, seed)
        flow.classes = folder.classes
        flow.gives_input = class_mode == "input"
        return flow

    def _part(self, count: int, subset: Subset) -> npt.NDArray[np.intp]:
        """Return what belongs to a subset: the first pictures are for validation."""
        cut = int(count * self.validation_split)
        match subset:
            case None:
                return np.arange(count)
            case "validation":
                return np.arange(cut)
            case "training":
                return np.arange(cut, count)
        raise InvalidValue(f"subset must be training or validation; got {subset!r}")

    def _standardized(self, x: Floats) -> Floats:
        if self.preprocessing_function is not None:
            x = np.stack([np.asarray(self.preprocessing_function(each)) for each in x])
        if self.rescale:
            x = x * np.float32(self.rescale)
        if self.samplewise_center:
            x = x - x.mean(axis=(1, 2, 3), keepdims=True)
        if self.samplewise_std_normalization:
            x = x / (x.std(axis=(1, 2, 3), keepdims=True) + np.float32(EPSILON))
        if not self.featurewise_center:
            return x
        if self.statistics is None:
            raise InvalidValue(
                "ImageDataGenerator: featurewise_ and zca_whitening need fit(x) first"
            )
        x = x - self.statistics.mean
        if self.featurewise_std_normalization:
            x = x / (self.statistics.deviation + np.float32(EPSILON))
        return self.statistics.whitened(x)

    def _last(self, x: Array) -> Floats:
        if x.ndim != 4:
            raise InvalidValue(f"ImageDataGenerator: pictures must have 4 axes; got {x.shape}")
        x = x if self.data_format == "channels_last" else x.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(x, np.float32)

    def _back(self, x: Floats) -> Floats:
        x = x.astype(np.float32, copy=False)
        return x if self.data_format == "channels_last" else x.transpose(0, 3, 1, 2)
