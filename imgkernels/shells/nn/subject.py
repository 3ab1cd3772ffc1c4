"""The model and the pictures that a command is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imgkernels.errors import InvalidValue, did_you_mean
from imgkernels.shells.speech import note

if TYPE_CHECKING:
    from imgkernels.nn import Model
    from imgkernels.nn.data import Dataset
    from imgkernels.nn.data.folders import Colour
    from imgkernels.values import Array, Floats

MODEL, CLASSES = "model", "classes"  # what a file of weights says of itself


@dataclass(frozen=True, eq=False)
class Known:
    """A model with its weights, and what its classes are called."""

    model: Model
    classes: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures it takes."""
        return self._shape[0], self._shape[1]

    @property
    def colour(self) -> Colour:
        """Whether it takes grey pictures or colours."""
        return "grey" if self._shape[2] == 1 else "rgb"

    @property
    def _shape(self) -> tuple[int, ...]:
        from imgkernels.nn.inside.subject import shape_last

        shape = shape_last(self.model, self.model.network.inputs[0].shape)
        if len(shape) != 3:
            raise InvalidValue(f"{self.model.name}: takes {shape}, which is no picture")
        return shape

    @property
    def channels_first(self) -> bool:
        """Whether the model takes (C, H, W)."""
        from imgkernels.nn.inside.subject import channels_first

        return channels_first(self.model)

    def arrays(self, part: Dataset) -> tuple[Floats, Array]:
        """Return pictures and labels of a data set as the model takes them."""
        return part.x(channels_first=self.channels_first), part.labels

    def check_fits(self, part: Dataset, source: str) -> None:
        """Raise `InvalidValue` where a data set has other pictures or more classes."""
        height, width, channels = part.images.shape[1:]
        if (height, width, channels) != self._shape:
            raise InvalidValue(
                f"{source}: pictures are {width} x {height} x {channels}, {self.model.name} takes "
                f"{self._shape[1]} x {self._shape[0]} x {self._shape[2]}"
            )
        if part.count > self.model.network.outputs[0].shape[-1]:
            raise InvalidValue(
                f"{source}: has {part.count} classes, {self.model.name} tells "
                f"{self.model.network.outputs[0].shape[-1]} apart"
            )

    def number(self, name: str | None, x: Floats) -> int:
        """Return the class of this name, or the one that is predicted for a picture."""
        if name is not None:
            return self.class_named(name)
        return int(self.scores(x).argmax())

    def scores(self, x: Floats) -> Floats:
        """Return the probability of each class for a picture."""
        from imgkernels.nn.inside.subject import as_input

        scores: Floats = self.model.predict(as_input(self.model, x))[0]
        return scores

    def class_named(self, name: str) -> int:
        """Return the class of this name or number; raise `InvalidValue` with the near match."""
        if name in self.classes:
            return self.classes.index(name)
        if name.isdecimal() and int(name) < len(self.classes):
            return int(name)
        hint = did_you_mean(name, self.classes) or f"; there are: {', '.join(self.classes[:20])}"
        raise InvalidValue(f"no class {name!r}{hint}")

    def picture(self, path: str, *, invert: bool = False) -> Floats:
        """Return a picture as the model takes it, `(H, W, C)`, black 0 and white 1."""
        from imgkernels.nn.data import read_picture

        x = read_picture(path, self.size, self.colour)
        x = 1 - x if invert else x
        frame = (x[0].mean() + x[-1].mean() + x[:, 0].mean() + x[:, -1].mean()) / 4
        if self.colour == "grey" and frame > 0.5:
            note([f"{path} is dark on light; digits are learned light on dark, see --invert"])
        return x


def known(path: str, name: str | None) -> Known:
    """Return the model of a file of weights; its network is named there, or by `name`."""
    from imgkernels import weights
    from imgkernels.nn import saving

    found = weights.read(path)
    name = name or found.metadata.get(MODEL)
    if name is None:
        raise InvalidValue(f"{path}: does not say which network it is of; give --model NAME")
    classes = (
        tuple(found.metadata.get(CLASSES, "").split("\n")) if CLASSES in found.metadata else ()
    )
    model = built(name, len(classes) or None)
    try:
        saving.load_weights(model, found)
    except InvalidValue as error:
        raise InvalidValue(f"{path}: {str(error).removeprefix('weights: ')}") from None
    last = model.network.outputs[0].shape[-1]
    return Known(model, classes or tuple(map(str, range(last))))


def built(name: str, classes: int | None = None, seed: int = 0) -> Model:
    """Return an untrained network of the zoo; raise `UnknownName` with the near match."""
    from imgkernels.nn import zoo

    given = {} if classes is None else {"classes": classes}
    return zoo.build(name, seed=seed, **given)


def described(name: str, classes: Sequence[str]) -> Mapping[str, str]:
    """Return what a file of weights should say of itself."""
    return {MODEL: name, CLASSES: "\n".join(classes)}
