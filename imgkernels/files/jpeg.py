"""JPEG: read by Pillow, which refuses truncated files, and by OpenCV; encoded by OpenCV."""

from __future__ import annotations

import struct
from io import BytesIO
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from imgkernels import opencv
from imgkernels.errors import FileProblem
from imgkernels.files import pillow
from imgkernels.files.decoded import Dpi
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image, Metadata
from imgkernels.values import Array

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

# No chroma subsampling: filters draw coloured edges, which 4:2:0 would smear over two pixels.
QUALITY = 95

_LARGE = 1 << 22  # pixels
_END = b"\xff\xd9"
_EXIF = b"Exif\0\0"
_ICC = b"ICC_PROFILE\0"
_ICC_PART = 65_535 - 2 - len(_ICC) - 2  # a segment counts its own length, then number and total


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a JPEG; of several pictures (MPO: stereo, previews) the first, with a note."""
    from PIL.JpegImagePlugin import jpeg_factory

    def unpack(picture: Picture) -> tuple[Array, tuple[str, ...]]:
        cv2 = None if wanted.allow_truncated else opencv.load()
        alone = picture.mode in ("L", "RGB") and getattr(picture, "n_frames", 1) == 1
        if cv2 is None or not alone or picture.width * picture.height < _LARGE:
            return pillow.unpacked(picture)
        return _unpacked(cv2, picture, data), ()

    found = pillow.decode(
        jpeg_factory, data, wanted, first=True, fill=lambda *_: _END, unpack=unpack
    )
    return found.image("jpeg")


def _unpacked(cv2: ModuleType, picture: Picture, data: bytes) -> Array:
    """Return the pixels of a large picture: the same from OpenCV, sooner, and in half the memory.

    Pillow reads all of it first, at an eighth of its size, and refuses it where it is truncated.
    """
    colours = cv2.IMREAD_GRAYSCALE if picture.mode == "L" else cv2.IMREAD_COLOR_RGB
    picture.draft("L", (max(1, picture.width // 8), max(1, picture.height // 8)))
    picture.load()
    found = cv2.imdecode(np.frombuffer(data, np.uint8), colours | cv2.IMREAD_IGNORE_ORIENTATION)
    if found is None:
        raise FileProblem("is damaged: its pixels cannot be decoded")
    pixels: Array = found
    return pixels


def encode(image: Image) -> bytes:
    """Return 8-bit grey or RGB at quality 95, not subsampled, with profile and resolution."""
    cv2 = opencv.load()
    if cv2 is None:
        plain = _through_pillow(image.pixels)
    else:
        rgb = image.pixels.ndim == 3
        pixels = cv2.cvtColor(image.pixels, cv2.COLOR_RGB2BGR) if rgb else image.pixels
        sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
        plain = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY, *sampling])[1]
        plain = plain.tobytes()
    return _with_metadata(plain, image.metadata)


def _through_pillow(pixels: Array) -> bytes:
    import PIL.Image
    from PIL import JpegImagePlugin  # noqa: F401 - registers the format

    out = BytesIO()
    PIL.Image.fromarray(pixels).save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue()


def _with_metadata(plain: bytes, metadata: Metadata) -> bytes:
    """Replace the JFIF segment that both encoders begin with; put EXIF and the profile after it."""
    icc = metadata.icc
    (length,) = struct.unpack_from(">H", plain, 4)
    parts = [plain[:2], _segment(0xE0, b"JFIF\0\1\1" + _density(metadata.dpi) + b"\0\0")]
    if metadata.exif:
        parts.append(_segment(0xE1, _EXIF + metadata.exif))
    pieces = [icc[i : i + _ICC_PART] for i in range(0, len(icc), _ICC_PART)] if icc else []
    for number, piece in enumerate(pieces, start=1):
        parts.append(_segment(0xE2, _ICC + bytes([number, len(pieces)]) + piece))
    return b"".join([*parts, plain[4 + length :]])


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _density(dpi: Dpi | None) -> bytes:
    """Return unit, x and y: whole dots per inch or per centimetre, whichever is nearer."""
    if dpi is None:
        return struct.pack(">BHH", 0, 1, 1)
    inch = np.asarray(dpi)
    found = []
    for unit, exact in ((1, inch), (2, inch / 2.54)):
        whole = np.rint(exact).clip(1, 65_535)
        found.append((float(np.abs(whole / exact - 1).max()), unit, whole))
    _, unit, whole = min(found, key=lambda each: each[:2])
    return struct.pack(">BHH", unit, int(whole[0]), int(whole[1]))
