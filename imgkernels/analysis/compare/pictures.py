"""Texts and kernels as they stand in the page itself."""

from __future__ import annotations

import base64
import html

import numpy as np

from imgkernels.analysis.compare.banks import COLOURS
from imgkernels.files.png import encode
from imgkernels.files.words import shown
from imgkernels.image import Image
from imgkernels.taps import Taps
from imgkernels.values import Array

# Weights from most negative over 0 to most positive; readable in either, and by the colour-blind.
_BLUE, _WHITE, _ORANGE = (31, 78, 140), (255, 255, 255), (181, 66, 15)
_GAP = 160  # the grey between the planes of a volume


def escape(text: str) -> str:
    r"""Return a text for a page, names of any characters among them.

    >>> escape("<b>" + chr(27))
    '&lt;b&gt;\\x1b'
    """
    return html.escape(shown(text))


def kernel_uri(taps: Taps, ndim: int, most: float | None = None) -> str:
    """Return a kernel as a PNG in a data address, one pixel a tap.

    0 is white, negative blue, positive orange; filters over colours (one axis more than `ndim`)
    are colours around grey. `most` is the weight that has the full colour, by default the largest.
    """
    limit = float(np.abs(taps).max()) if most is None else most
    scaled = taps / (limit or 1.0)
    coloured = taps.ndim == ndim + 1 and taps.shape[-1] == COLOURS
    pixels = np.round(127.5 + 127.5 * scaled) if coloured else _signed(scaled)
    x = _flat(pixels.clip(0, 255).astype(np.uint8), ndim)
    return f"data:image/png;base64,{base64.b64encode(encode(Image.of(x))).decode()}"


def _signed(scaled: Taps) -> Taps:
    """Mix white with orange or blue."""
    size = np.abs(scaled)[..., np.newaxis]
    end = np.where((scaled < 0)[..., np.newaxis], _BLUE, _ORANGE)
    mixed: Taps = np.round((1 - size) * np.asarray(_WHITE) + size * end)
    return mixed


def _flat(pixels: Array, ndim: int) -> Array:
    """Return an axis as a row, and the planes of a volume side by side."""
    if ndim == 1:
        return pixels[np.newaxis]
    if ndim == 2:
        return pixels
    gap = np.full((pixels.shape[1], 1, pixels.shape[3]), _GAP, np.uint8)
    parts = [part for plane in pixels for part in (plane, gap)]
    return np.concatenate(parts[:-1], axis=1)
