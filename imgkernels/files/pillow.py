"""Pictures through Pillow: only plugins named by us, nothing printed, every mode made ours."""

from __future__ import annotations

import contextlib
import functools
import math
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files import inks
from imgkernels.files.decoded import Decoded, Dpi
from imgkernels.files.exif import kept
from imgkernels.files.orientation import orientation_of
from imgkernels.files.wanted import Wanted
from imgkernels.values import Array

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# A plugin's own class instead of PIL.Image.open: no other parser can be reached, no plugin is
# imported in vain, and Pillow's fixed limit of 179 Mpx does not stand before ours.
Opener = Callable[[BytesIO], "Picture"]
Fill = Callable[[int, int], bytes]

# Modes that go through another one, and what is said about it.
_THROUGH = {
    "1": ("L", None),
    "P": ("RGB", None),
    "RGBX": ("RGB", None),
    "RGBa": ("RGBA", None),
    "La": ("LA", None),
    "PA": ("RGBA", None),
    "YCbCr": ("RGB", None),
    "CMYK": ("RGB", inks.NOTE),
    "LAB": ("RGB", "LAB was converted to RGB"),
}
_SEE_THROUGH = {"L": "LA", "RGB": "RGBA"}
_OURS = ("L", "LA", "RGB", "RGBA")
_LEFT_OUT = {"xmp": "XMP", "comment": "a comment"}


def decode(
    opener: Opener,
    data: bytes,
    wanted: Wanted,
    *,
    first: bool = False,
    fill: Fill | None = None,
) -> Decoded:
    """Read one frame, its size checked before it is decoded.

    `first`: take the first of several frames, with a note, where none was asked for. `fill`: what
    to put behind a file of this size that was cut, so that what is there can be read.
    """
    try:
        return _decode(opener, data, wanted, first)
    except (OSError, EOFError) as error:
        if isinstance(error, FileProblem) or "truncated" not in str(error).lower():
            raise
        note = wanted.cut("pixels are missing")
        if fill is None:
            raise FileProblem("is truncated, and nothing of it can be read") from error
    with quiet(), opener(BytesIO(data)) as picture:
        rest = fill(*picture.size)
    found = _decode(opener, data + rest, wanted, first)
    return replace(found, notes=(*found.notes, note))


def _decode(opener: Opener, data: bytes, wanted: Wanted, first: bool) -> Decoded:
    with quiet(), opener(BytesIO(data)) as picture:
        wanted.admit(*picture.size)
        count: int = getattr(picture, "n_frames", 1)
        note = f"the file holds {count} pictures; this is the first, --frame N takes another"
        notes = (note,) if first and count > 1 and wanted.frame is None else ()
        picture.seek(0 if notes else wanted.one_of(count, "frames"))
        return _loaded(picture, wanted, notes)


def frames(opener: Opener, data: bytes, wanted: Wanted) -> list[tuple[Decoded, float]]:
    """Read all frames, and for how many milliseconds each is shown."""
    found = []
    with quiet(), opener(BytesIO(data)) as picture:
        count: int = getattr(picture, "n_frames", 1)
        wanted.admit_frames(count, math.prod(picture.size) * count)
        for number in range(count):
            picture.seek(number)
            decoded = _loaded(picture, wanted)
            found.append((decoded, float(picture.info.get("duration", 0))))
    return found


def alike(found: list[Decoded]) -> list[Decoded]:
    """Return frames that all have the channels that any has: colours, alpha, or both."""
    colour = any(each.pixels.ndim == 3 and each.pixels.shape[2] >= 3 for each in found)
    alpha = any(each.alpha for each in found)
    return [replace(each, pixels=_widened(each, colour, alpha), alpha=alpha) for each in found]


def _widened(found: Decoded, colour: bool, alpha: bool) -> Array:
    x = found.pixels if found.pixels.ndim == 3 else found.pixels[..., None]
    shown = x[..., -1:] if found.alpha else np.full((*x.shape[:2], 1), 255, np.uint8)
    colours = x[..., :-1] if found.alpha else x
    if colour and colours.shape[2] == 1:
        colours = colours.repeat(3, axis=2)
    if alpha:
        return np.concatenate([colours, shown], axis=2)
    return colours if colour else colours[..., 0]


def _loaded(picture: Picture, wanted: Wanted, notes: tuple[str, ...] = ()) -> Decoded:
    picture.load()
    pixels, more = expanded(picture)
    return told(pixels, dict(picture.info), wanted, notes + more)


def told(
    pixels: Array, info: dict[Any, Any], wanted: Wanted, notes: tuple[str, ...] = ()
) -> Decoded:
    """Return pixels with what a file says beside them, by the names that Pillow gives to it."""
    exif, left_out = kept(info.get("exif"), wanted.keep_metadata)
    return Decoded(
        pixels,
        alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
        notes=notes,
        orientation=orientation_of(info.get("exif"), info.get("xmp")),
        icc=info.get("icc_profile"),
        dpi=_resolution(info),
        exif=exif,
        left_out=left_out + tuple(name for key, name in _LEFT_OUT.items() if info.get(key)),
    )


def zeros(width: int, height: int) -> bytes:
    """Return more than the pixels of any uncompressed picture of this size take."""
    return bytes(4 * (width + 1) * height)


def _resolution(info: dict[Any, Any]) -> Dpi | None:
    """Return pixels per inch; JPEG's per centimetre are left as they are by some Pillows."""
    if info.get("jfif_unit") == 2:
        x, y = info["jfif_density"]
        return x * 2.54, y * 2.54
    dpi: Dpi | None = info.get("dpi")
    return dpi


def expanded(picture: Picture) -> tuple[Array, tuple[str, ...]]:
    """Return a loaded picture as grey, grey and alpha, RGB or RGBA, and notes on what changed."""
    mode, note = _THROUGH.get(picture.mode, (picture.mode, None))
    if "transparency" in picture.info:
        mode = _SEE_THROUGH.get(mode, mode)
    if mode not in _OURS:
        raise FileProblem(f"holds pixels of a kind that is not read ({mode})")
    if picture.mode == "LAB":
        picture = _from_lab(picture)
    if picture.mode != mode:
        picture = picture.convert(mode)
    return np.asarray(picture), (note,) if note else ()


def _from_lab(picture: Picture) -> Picture:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB")
    assert converted is not None  # it is None only for inPlace=True
    return converted


class _Silence:
    """Warnings off while any thread is inside; the last one out restores them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.simplefilter("ignore")
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._saved.__exit__(None, None, None)


_silence = _Silence()


@functools.cache
def _unlogged() -> None:
    import logging

    # A logger without a handler prints errors to the terminal; handlers of the user's stay.
    logging.getLogger("PIL").addHandler(logging.NullHandler())


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings and log off the terminal: what matters is raised."""
    _unlogged()
    _silence.enter()
    try:
        yield
    finally:
        _silence.leave()
