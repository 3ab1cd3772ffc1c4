"""What a reader found, before it is a picture: pixels as stored, and what is said about them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from imgkernels.files.orientation import upright
from imgkernels.image import Image, Metadata
from imgkernels.values import Array

Dpi = tuple[float, float]

_HIGHEST_DPI = 65_535.0  # what JPEG can say; more is a broken tag


@dataclass(frozen=True)
class Decoded:
    """Pixels as they lie in the file, `orientation` not yet applied, `icc` and `dpi` not checked.

    `axes` and `white` are given where they are not the usual ones of the array and its dtype;
    `exif` is cleaned; `left_out` names what the file says beside its pixels that is not kept.
    """

    pixels: Array
    alpha: bool = False
    notes: tuple[str, ...] = ()
    orientation: int = 1
    icc: bytes | None = None
    dpi: Dpi | None = None
    axes: str | None = None
    white: float | None = None
    exif: bytes | None = None
    left_out: tuple[str, ...] = ()

    def image(self, format: str) -> Image:
        """Return the picture upright, with the metadata that holds for it."""
        image = Image.of(upright(self.pixels, self.orientation), self.axes, alpha=self.alpha)
        icc, notes = fitting_profile(self.icc, image.channels)
        dpi = _plausible(self.dpi)
        if dpi is not None and self.orientation >= 5:
            dpi = dpi[::-1]
        return replace(
            image,
            white=image.white if self.white is None else self.white,
            metadata=Metadata(format, icc, dpi, self.exif, self.notes + notes + self._loss),
        )

    @property
    def _loss(self) -> tuple[str, ...]:
        verb = "was" if len(self.left_out) == 1 else "were"
        return (f"{' and '.join(self.left_out)} {verb} left out",) if self.left_out else ()


def fitting_profile(icc: bytes | None, channels: int) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the profile if it is for this many channels, else None and a note (ICC.1, 7.2.6)."""
    if not icc:
        return None, ()
    space = icc[16:20].decode("ascii", "replace").strip()
    here = "GRAY" if channels < 3 else "RGB"
    if space == here:
        return icc, ()
    if not space.isalnum():
        return None, ("the colour profile is broken and was left out",)
    return None, (f"the colour profile is for {space}, the pixels are {here}: it was left out",)


def _plausible(dpi: Dpi | None) -> Dpi | None:
    if dpi is None:
        return None
    x, y = float(dpi[0]), float(dpi[1])
    return (x, y) if all(math.isfinite(d) and 0 < d <= _HIGHEST_DPI for d in (x, y)) else None
