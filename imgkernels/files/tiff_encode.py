"""Writing TIFF: any supported dtype, one page or many, uncompressed, profile and resolution."""

from __future__ import annotations

from imgkernels.files import tiff_page as tag
from imgkernels.files.exif import tags_of
from imgkernels.files.tiff_layout import Tags, file_of, long, rational, short, undefined
from imgkernels.frames import Frames
from imgkernels.image import Image
from imgkernels.values import Array

_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
_STRAIGHT_ALPHA, _INCH = 2, 2


def encode(image: Image) -> bytes:
    """Return a TIFF; the planes of a volume are its pages; BigTIFF where 4 GiB do not hold it."""
    planes = image.pixels if image.axes.startswith("z") else image.pixels[None]
    return file_of([(_tags(image, plane), [_little(plane)]) for plane in planes])


def encode_frames(frames: Frames) -> bytes:
    """Return a TIFF of the pictures as pages, each of its own size and kind."""
    pages = [(_tags(image, image.pixels), [_little(image.pixels)]) for image in frames]
    return file_of(pages)


def _little(plane: Array) -> bytes:
    return plane.astype(plane.dtype.newbyteorder("<"), copy=False).tobytes()


def _tags(image: Image, plane: Array) -> Tags:
    samples = image.channels
    tags: Tags = {
        tag.WIDTH: long(plane.shape[1]),
        tag.HEIGHT: long(plane.shape[0]),
        tag.BITS: short(*[8 * plane.dtype.itemsize] * samples),
        tag.COMPRESSION: short(1),
        tag.PHOTOMETRIC: short(tag.RGB if samples >= 3 else tag.BLACK_IS_ZERO),
        tag.SAMPLES: short(samples),
        tag.ROWS_PER_STRIP: long(plane.shape[0]),
        tag.PLANAR: short(1),
        tag.SAMPLE_FORMAT: short(*[_SAMPLE_FORMAT[plane.dtype.kind]] * samples),
    }
    if samples in (2, 4):
        tags[tag.EXTRA] = short(_STRAIGHT_ALPHA)
    if image.metadata.dpi:
        x, y = (rational(d) for d in image.metadata.dpi)
        tags |= {tag.X_RESOLUTION: x, tag.Y_RESOLUTION: y}
        tags[tag.RESOLUTION_UNIT] = short(_INCH)
    if image.metadata.icc:
        tags[tag.ICC] = undefined(image.metadata.icc)
    return tags | tags_of(image.metadata.exif)
