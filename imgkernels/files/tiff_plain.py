"""What the samples of a grey or RGB page of a TIFF mean: white, alpha, what is left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import tiff_pixels
from imgkernels.files.tiff_page import BLACK_IS_ZERO, RGB, WHITE_IS_ZERO, Page
from imgkernels.values import Array

_ASSOCIATED, _STRAIGHT = 1, 2


@dataclass(frozen=True)
class Meaning:
    """How samples become pixels, each by itself, so that a part of a page is read like the whole.

    `kept` is how many samples of each pixel there are to read; `white` is None where it is the
    dtype's own. Fewer than 8 `bits` are spread to 8.
    """

    kept: int
    alpha: bool
    associated: bool
    inverted: bool
    white: float | None
    bits: int
    notes: tuple[str, ...]

    def pixels(self, x: Array) -> Array:
        """Return rows, columns and channels, or no axis of channels where there is one."""
        if self.bits < 8:
            x = np.rint(x / ((1 << self.bits) - 1) * 255).astype(np.uint8)
        if self.inverted:
            x = x.dtype.type(self._white(x)) - x
        if self.associated:
            x = _straight(x, self._white(x))
        return x[..., 0] if self.kept == 1 else np.ascontiguousarray(x)

    def _white(self, x: Array) -> float:
        if self.white is not None or x.dtype.kind == "f":
            return 1.0 if self.white is None else self.white
        return int(np.iinfo(x.dtype).max)


def plain(page: Page) -> bool:
    """Tell whether the page is of samples that are read here: grey or RGB."""
    colours = page.photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB)
    return colours and tiff_pixels.readable(page)


def meaning_of(page: Page) -> Meaning:
    """Return what the samples of a plain page mean."""
    channels, alpha, left = _channels(page)
    odd = page.bits > 8 and page.bits not in (16, 32, 64)
    white = float((1 << page.bits) - 1) if odd else None
    notes = (
        f"{page.bits}-bit values are kept as they are: white is {white:.0f}" if white else None,
        "colours were divided by alpha, with which the file holds them multiplied"
        if alpha == _ASSOCIATED
        else None,
        left,
    )
    return Meaning(
        channels,
        alpha > 0,
        alpha == _ASSOCIATED,
        page.photometric == WHITE_IS_ZERO and page.kind == "u",
        white,
        page.bits,
        tuple(note for note in notes if note),
    )


def _channels(page: Page) -> tuple[int, int, str | None]:
    """Return how many samples are kept, what the last is if it is alpha, and what is left out."""
    colours = 3 if page.photometric == RGB else 1
    extra = page.samples - colours
    if extra < 0:
        raise FileProblem(f"is damaged: RGB of {page.samples} samples per pixel")
    if not extra:
        return colours, 0, None
    if colours == 1 and page.samples == 3 and not page.extra:
        return 3, 0, "three samples per pixel that are said to be grey were taken as RGB"
    meaning = page.extra[0] if page.extra else (_STRAIGHT if colours == 3 else 0)
    alpha = meaning if meaning in (_ASSOCIATED, _STRAIGHT) else 0
    left = extra - (alpha > 0)
    note = f"{left} more samples per pixel, of no stated meaning, were left out" if left else None
    return colours + (alpha > 0), alpha, note


def _straight(x: Array, white: float) -> Array:
    """Divide the colours by alpha; 0 where nothing shows."""
    colours, alpha = x[..., :-1], x[..., -1:]
    seen = alpha > 0
    if x.dtype.kind == "f":
        divided = np.divide(colours, alpha, out=np.zeros_like(colours), where=seen)
    else:
        top = int(white)
        wide = colours.astype(np.float64 if x.dtype.itemsize == 8 else np.uint64) * top
        divided = np.floor_divide(wide, alpha, out=np.zeros_like(wide), where=seen).clip(None, top)
    return np.concatenate([divided.astype(x.dtype), alpha], axis=-1)
