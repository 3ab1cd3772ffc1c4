"""Pictures through Pillow: only plugins named by us, nothing printed, every mode made ours."""

from __future__ import annotations

import contextlib
import functools
import threading
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.files.decoded import Decoded, Dpi
from imgkernels.files.orientation import orientation_of
from imgkernels.files.wanted import Wanted
from imgkernels.values import Array

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# A plugin's own class instead of PIL.Image.open: no other parser can be reached, no plugin is
# imported in vain, and Pillow's fixed limit of 179 Mpx does not stand before ours.
Opener = Callable[[BytesIO], "Picture"]

CMYK_NOTE = "CMYK was converted to RGB without its colour profile"

# Modes that go through another one, and what is said about it.
_THROUGH = {
    "1": ("L", None),
    "RGBX": ("RGB", None),
    "RGBa": ("RGBA", None),
    "La": ("LA", None),
    "PA": ("RGBA", None),
    "YCbCr": ("RGB", None),
    "CMYK": ("RGB", CMYK_NOTE),
    "LAB": ("RGB", "LAB was converted to RGB"),
}
_OURS = ("L", "LA", "RGB", "RGBA")
_LEFT_OUT = {"exif": "EXIF", "xmp": "XMP", "comment": "a comment"}


def decode(opener: Opener, data: bytes, wanted: Wanted, *, first: bool = False) -> Decoded:
    """Read one frame, its size checked before it is decoded.

    `first`: take the first of several frames, with a note, where none was asked for.
    """
    with quiet(), opener(BytesIO(data)) as picture:
        wanted.admit(*picture.size)
        count: int = getattr(picture, "n_frames", 1)
        note = f"the file holds {count} pictures; this is the first, --frame N takes another"
        notes = (note,) if first and count > 1 and wanted.frame is None else ()
        picture.seek(0 if notes else wanted.one_of(count, "frames"))
        picture.load()
        pixels, more = expanded(picture)
        info = dict(picture.info)
    return Decoded(
        pixels,
        alpha=pixels.ndim == 3 and pixels.shape[2] in (2, 4),
        notes=notes + more,
        orientation=orientation_of(info.get("exif"), info.get("xmp")),
        icc=info.get("icc_profile"),
        dpi=_resolution(info),
        left_out=tuple(name for key, name in _LEFT_OUT.items() if info.get(key)),
    )


def _resolution(info: dict[Any, Any]) -> Dpi | None:
    """Return pixels per inch; JPEG's per centimetre are left as they are by some Pillows."""
    if info.get("jfif_unit") == 2:
        x, y = info["jfif_density"]
        return x * 2.54, y * 2.54
    dpi: Dpi | None = info.get("dpi")
    return dpi


def expanded(picture: Picture) -> tuple[Array, tuple[str, ...]]:
    """Return a loaded picture as grey, grey and alpha, RGB or RGBA, and notes on what changed."""
    mode = picture.mode
    if mode == "P":
        mode, note = ("RGBA" if "transparency" in picture.info else "RGB"), None
    else:
        mode, note = _THROUGH.get(mode, (mode, None))
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
