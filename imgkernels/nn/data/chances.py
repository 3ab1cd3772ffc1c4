"""What augmentation may do to a picture, and the dice that decide: a value and plain draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np

from imgkernels.border import Border
from imgkernels.errors import InvalidValue, unknown
from imgkernels.nn.data.warp import Matrices, matrices, warped
from imgkernels.values import Floats

FILL_MODES = {
    "nearest": Border.REPLICATE,
    "constant": Border.CONSTANT,
    "reflect": Border.SYMMETRIC,
    "wrap": Border.WRAP,
}
Range = float | Sequence[float]


@dataclass(frozen=True)
class Chances:
    """Ranges of random changes, in the words and units of Keras's `ImageDataGenerator`.

    Angles in degrees, each drawn from -range to range. A shift range below 1 is a share of the
    size, else pixels; a list of pixels is drawn from, with either sign. `zoom_range` is
    (least, most), or z for (1 - z, 1 + z).
    """

    rotation_range: float = 0.0
    width_shift_range: Range = 0.0
    height_shift_range: Range = 0.0
    brightness_range: tuple[float, float] | None = None
    shear_range: float = 0.0
    zoom_range: Range = 0.0
    channel_shift_range: float = 0.0
    fill_mode: str = "nearest"
    cval: float = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    interpolation_order: int = 1

    def __post_init__(self) -> None:
        if self.fill_mode not in FILL_MODES:
            raise unknown("fill_mode", str(self.fill_mode), FILL_MODES)
        if self.interpolation_order not in (0, 1):
            raise InvalidValue(
                f"interpolation_order must be 0 (nearest) or 1 (linear); "
                f"got {self.interpolation_order!r}"
            )
        if not 0 <= _number("rotation_range", self.rotation_range) <= 180:
            raise InvalidValue(f"rotation_range must be 0 to 180; got {self.rotation_range!r}")
        for name in ("shear_range", "channel_shift_range"):
            if _number(name, getattr(self, name)) < 0:
                raise InvalidValue(f"{name} must be 0 or more; got {getattr(self, name)!r}")
        if self.zooms[0] <= 0 or self.zooms[0] > self.zooms[1]:
            raise InvalidValue(f"zoom_range must be above 0; got {self.zoom_range!r}")
        if self.brightness_range is not None:
            _pair("brightness_range", self.brightness_range)
        for name in ("width_shift_range", "height_shift_range"):
            _check_shift(name, getattr(self, name))

    @property
    def zooms(self) -> tuple[float, float]:
        """The least and the most zoom."""
        if isinstance(self.zoom_range, Real):
            z = _number("zoom_range", self.zoom_range)
            return 1 - z, 1 + z
        return _pair("zoom_range", self.zoom_range)

    def matrices(self, n: int, size: tuple[int, int], dice: np.random.Generator) -> Matrices:
        """Draw where the pixels of n pictures come from."""
        turn = np.radians(_either(dice, self.rotation_range, n))
        ranges = zip((self.height_shift_range, self.width_shift_range), size, strict=True)
        shift = np.stack([_drawn_shift(dice, each, pixels, n) for each, pixels in ranges], axis=1)
        shear = np.radians(_either(dice, self.shear_range, n))
        zoom = dice.uniform(*self.zooms, size=(n, 2))
        return matrices(turn, shift, shear, zoom, size)

    def change(self, x: Floats, dice: np.random.Generator) -> Floats:
        """Return pictures `(N, H, W, C)`, float32, each changed in its own way."""
        n = len(x)
        # Every draw is made, whatever is switched on: one option does not change another's dice.
        where = self.matrices(n, (x.shape[1], x.shape[2]), dice)
        offset = _either(dice, self.channel_shift_range, n).astype(np.float32)
        flips = dice.random((2, n)) < 0.5
        light = dice.uniform(*(self.brightness_range or (1.0, 1.0)), size=n).astype(np.float32)
        border, linear = FILL_MODES[self.fill_mode], self.interpolation_order == 1
        x = warped(x, where, border, self.cval, linear=linear) if self._moves else x.copy()
        if self.channel_shift_range:
            low, high = x.min(axis=(1, 2, 3), keepdims=True), x.max(axis=(1, 2, 3), keepdims=True)
            x = np.clip(x + offset[:, None, None, None], low, high)
        for wanted, axis, drawn in ((self.horizontal_flip, 2, 0), (self.vertical_flip, 1, 1)):
            if wanted:
                x[flips[drawn]] = np.flip(x[flips[drawn]], axis)
        return x * light[:, None, None, None] if self.brightness_range else x

    @property
    def _moves(self) -> bool:
        shifts = (*np.atleast_1d(self.width_shift_range), *np.atleast_1d(self.height_shift_range))
        return bool(
            self.rotation_range or self.shear_range or any(shifts) or self.zooms != (1.0, 1.0)
        )


def _either(dice: np.random.Generator, most: float, n: int) -> Floats:
    found: Floats = dice.uniform(-most, most, size=n)
    return found


def _drawn_shift(dice: np.random.Generator, drawn: Range, size: int, n: int) -> Floats:
    if isinstance(drawn, Sequence):
        pixels = dice.choice(np.asarray(drawn, np.float64), size=n)
        picked: Floats = pixels * dice.choice((-1.0, 1.0), size=n)
        return picked
    return _either(dice, drawn * size if drawn < 1 else drawn, n)


def _check_shift(name: str, drawn: Range) -> None:
    if isinstance(drawn, str) or (isinstance(drawn, Sequence) and not drawn):
        raise InvalidValue(f"{name} must be a number or a list of pixels; got {drawn!r:.60}")
    if isinstance(drawn, Sequence):
        for each in drawn:
            _number(name, each)
    elif _number(name, drawn) < 0:
        raise InvalidValue(f"{name} must be 0 or more; got {drawn!r}")


def _pair(name: str, value: object) -> tuple[float, float]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InvalidValue(f"{name} must be a pair (least, most); got {value!r:.60}")
    low, high = (_number(name, each) for each in value)
    if not 0 <= low <= high:
        raise InvalidValue(f"{name} must be a pair from 0 up, least first; got {value!r}")
    return low, high


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InvalidValue(f"{name} must be a number; got {value!r:.60}")
    return float(value)
