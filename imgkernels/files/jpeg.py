"""JPEG: decoded by Pillow, which refuses truncated files; encoded by OpenCV where it is there.

The command line lets OpenCV decode, where the head is plain and the file sound: see `chatter`.
"""

from __future__ import annotations

import struct
from io import BytesIO
from types import ModuleType

import numpy as np

from imgkernels import opencv
from imgkernels.cores import in_order
from imgkernels.files import chatter, jpeg_strips, pillow
from imgkernels.files.decoded import Decoded, Dpi
from imgkernels.files.jpeg_head import EXIF, ICC, head_of
from imgkernels.files.wanted import Wanted
from imgkernels.image import Image, Metadata
from imgkernels.values import Array

# No chroma subsampling: filters draw coloured edges, which 4:2:0 would smear over two pixels.
QUALITY = 95

_END = b"\xff\xd9"
_ICC_PART = 65_535 - 2 - len(ICC) - 2  # a segment counts its own length, then number and total


def decode(data: bytes, wanted: Wanted) -> Image:
    """Read a JPEG; of several pictures (MPO: stereo, previews) the first, with a note."""
    found = _through_opencv(data, wanted) if chatter.is_kept() else None
    if found is None:
        from PIL.JpegImagePlugin import jpeg_factory

        found = pillow.decode(jpeg_factory, data, wanted, first=True, fill=lambda *_: _END)
    return found.image("jpeg")


def _through_opencv(data: bytes, wanted: Wanted) -> Decoded | None:
    """Return what Pillow would, or None where OpenCV does not."""
    cv2, head = opencv.load(), head_of(data)
    if head is None or not hasattr(cv2, "IMREAD_COLOR_RGB"):
        return None
    assert cv2 is not None  # it has the flag
    wanted.admit(*head.size)
    wanted.one_of(1, "frames")
    flag = cv2.IMREAD_COLOR_RGB if head.channels == 3 else cv2.IMREAD_GRAYSCALE
    try:
        x: Array | None = cv2.imdecode(
            np.frombuffer(data, np.uint8), flag | cv2.IMREAD_IGNORE_ORIENTATION
        )
    except cv2.error:
        return None
    if x is None or x.shape[1::-1] != head.size:
        return None
    return pillow.told(x, head.info, wanted)


def encode(image: Image) -> bytes:
    """Return 8-bit grey or RGB at quality 95, not subsampled, with profile and resolution."""
    x, cv2 = image.pixels, opencv.load()
    plain = _through_pillow(x) if cv2 is None else _by_strips(cv2, x) or _encoded(cv2, x)
    return _with_metadata(plain, image.metadata)


def _by_strips(cv2: ModuleType, x: Array) -> bytes | None:
    """Encode a large picture on all cores; None where it is small, or does not go by parts."""
    rows = jpeg_strips.rows_of(x.shape)
    if rows == len(x):
        return None
    strips = (x[start : start + rows] for start in range(0, len(x), rows))
    return jpeg_strips.joined(
        list(in_order(lambda strip: _encoded(cv2, strip), strips)), rows, len(x)
    )


def _encoded(cv2: ModuleType, x: Array) -> bytes:
    pixels = cv2.cvtColor(x, cv2.COLOR_RGB2BGR) if x.ndim == 3 else x
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    made = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY, *sampling])[1]
    data: bytes = made.tobytes()
    return data


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
        parts.append(_segment(0xE1, EXIF + metadata.exif))
    pieces = [icc[i : i + _ICC_PART] for i in range(0, len(icc), _ICC_PART)] if icc else []
    for number, piece in enumerate(pieces, start=1):
        parts.append(_segment(0xE2, ICC + bytes([number, len(pieces)]) + piece))
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
