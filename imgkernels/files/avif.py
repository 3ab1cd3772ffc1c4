"""AVIF through Pillow and its libavif: 8 bits are read, stills written."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from imgkernels.errors import FileProblem, MissingDependency
from imgkernels.files import pillow
from imgkernels.files.decoded import Decoded
from imgkernels.files.wanted import Wanted
from imgkernels.frames import Frames, Showing
from imgkernels.image import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

QUALITY = 95
_CONFIGURATION = re.compile(rb"av1C\x81.(.)", re.DOTALL)
_HIGH, _TWELVE = 0x40, 0x20
_HEAD = 1 << 16  # bytes in which the properties of the first picture lie
_DEEP = "{} bits per sample were read as 8, which is all that Pillow gives of an AVIF"


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read an AVIF, or one frame of a sequence; of more than 8 bits 8 are kept, with a note."""
    with _cut_told(data):
        return _noted(pillow.decode(_opener, data, wanted), data).image("avif")


def frames(data: bytes, wanted: Wanted) -> Frames:
    """Read all frames of a sequence."""
    with _cut_told(data):
        found = pillow.frames(_opener, data, wanted)
    images = tuple(_noted(each, data).image("avif") for each, _ in found)
    showings = tuple(Showing(milliseconds) for _, milliseconds in found)
    return Frames(images, showings if len(images) > 1 else ())


def encode(image: Image) -> bytes:
    """Return grey, RGB or RGBA at quality 95, colours not subsampled."""
    import PIL.Image

    _available()
    out, metadata = BytesIO(), image.metadata
    given = {"icc_profile": metadata.icc, "exif": metadata.exif}
    PIL.Image.fromarray(image.pixels).save(
        out, "AVIF", quality=QUALITY, subsampling="4:0:0" if image.channels == 1 else "4:4:4",
        **{name: value for name, value in given.items() if value},
    )  # fmt: skip
    return out.getvalue()


def _opener(file: BytesIO) -> Picture:
    from PIL.AvifImagePlugin import AvifImageFile

    _available()
    return AvifImageFile(file)


def _available() -> None:
    with contextlib.suppress(ImportError):
        from PIL import AvifImagePlugin

        if AvifImagePlugin.SUPPORTED:
            return
    raise MissingDependency("AVIF needs Pillow 11.3 or newer; pip install -U pillow")


@contextlib.contextmanager
def _cut_told(data: bytes) -> Iterator[None]:
    """Say of a file that could not be read that it was cut, where that is so."""
    try:
        yield
    except (FileProblem, MissingDependency, MemoryError):
        raise
    except Exception as error:
        if _is_cut(data):
            raise FileProblem(
                "is truncated; an AVIF gives no pixels before all of it is there"
            ) from error
        raise


def _is_cut(data: bytes) -> bool:
    """Return whether a box ends behind the file (ISO/IEC 14496-12, 4.2)."""
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16], "big")
        if size < 8:  # up to the end, or damaged
            return False
        place += size
    return place != len(data)


def _noted(found: Decoded, data: bytes) -> Decoded:
    bits = _depth(data)
    note = () if bits == 8 else (_DEEP.format(bits),)
    return replace(found, notes=found.notes + note)


def _depth(data: bytes) -> int:
    """Return the bits per sample of the first picture (AV1 codec configuration, 2.3)."""
    match = _CONFIGURATION.search(data[:_HEAD])
    flags = match[1][0] if match else 0
    return 8 if not flags & _HIGH else 12 if flags & _TWELVE else 10
