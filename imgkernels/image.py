"""A picture as a value: pixels, their axes, what white is, and what came with the file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy.typing as npt

from imgkernels.errors import UnsupportedImage
from imgkernels.values import Array, checked_array, white_of

AXES = ("x", "xc", "yx", "yxc", "zyx", "zyxc")
_USUAL = {1: "x", 2: "yx", 3: "yxc", 4: "zyxc"}


@dataclass(frozen=True)
class Metadata:
    """What a file says beside its pixels.

    `icc` is the colour profile, byte for byte; `dpi` the resolution along x and y; `exif` what the
    camera said, as a TIFF without pixels, never with a position; `notes` what was changed on the
    way in, in words for the user.
    """

    format: str | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Image:
    """Pixels with their axes: "yx", "yxc", "zyx", "zyxc" (z plane, y row, x column, c channel).

    Channels are grey, grey and alpha, RGB or RGBA; `alpha` says that the last one is alpha, not
    multiplied into the colours. `white` is the value that shows as white: 255, 65535, 1.0. Images
    compare by identity; compare their pixels for what they show.
    """

    pixels: Array
    axes: str
    white: float
    alpha: bool = False
    metadata: Metadata = field(default_factory=Metadata)

    @classmethod
    def of(cls, pixels: npt.ArrayLike, axes: str | None = None, *, alpha: bool = False) -> Image:
        """Wrap an array: (H, W), (H, W, C) or (D, H, W, C) unless `axes` says otherwise.

        >>> Image.of([[0.0, 1.0]]).axes
        'yx'
        """
        x = checked_array(pixels)
        found = usual_axes(x.ndim) if axes is None else axes
        if found not in AXES or len(found) != x.ndim:
            raise UnsupportedImage(
                f"image: axes must be one of {', '.join(AXES)} for shape {x.shape}; got {found!r}"
            )
        if alpha and not found.endswith("c"):
            raise UnsupportedImage(f"image: alpha needs an axis of channels; got axes {found!r}")
        return cls(x, found, white_of(x.dtype), alpha)

    @property
    def ndim(self) -> int:
        """The number of axes in space."""
        return len(self.axes.rstrip("c"))

    @property
    def channels(self) -> int:
        """The number of channels, alpha counted."""
        return self.pixels.shape[-1] if self.axes.endswith("c") else 1

    def with_pixels(self, pixels: Array) -> Image:
        """Return the same image with other pixels."""
        return replace(self, pixels=pixels)


def usual_axes(ndim: int) -> str:
    """Return what the axes of a bare array mean; raise `UnsupportedImage` for 0 or more than 4."""
    if ndim not in _USUAL:
        raise UnsupportedImage(f"image: must have 1 to 4 axes; got {ndim}")
    return _USUAL[ndim]
