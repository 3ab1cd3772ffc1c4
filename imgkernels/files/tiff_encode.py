"""Writing TIFF: any supported dtype, one page or many, profile and resolution."""

from __future__ import annotations

import zlib
from typing import Any, Literal, cast

import numpy as np

from imgkernels.cores import in_order
from imgkernels.files import tiff_page as tag
from imgkernels.files.exif import tags_of as tags_of_exif
from imgkernels.files.tiff_layout import Page, Tags, file_of, long, rational, short, undefined
from imgkernels.frames import Frames
from imgkernels.image import Image
from imgkernels.values import Array

_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
_STRAIGHT_ALPHA, _INCH = 2, 2
_DEFLATE, _HORIZONTAL = 8, 2
_STRIP = 1 << 18  # bytes of a packed strip: what other programs write, and read at once
_LEVEL = 4  # of zlib: half the time of 6, and a few parts in a hundred larger

Packing = Literal["none", "deflate"]


def encode(image: Image, packing: Packing = "none") -> bytes:
    """Return a TIFF; the planes of a volume are its pages; BigTIFF where 4 GiB do not hold it."""
    planes = image.pixels if image.axes.startswith("z") else image.pixels[None]
    return file_of([_page(image, plane, packing) for plane in planes])


def encode_frames(frames: Frames, packing: Packing = "none") -> bytes:
    """Return a TIFF of the pictures as pages, each of its own size and kind."""
    return file_of([_page(image, image.pixels, packing) for image in frames])


def _page(image: Image, plane: Array, packing: Packing) -> Page:
    x = np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).reshape(*plane.shape[:2], -1)
    tags = tags_of(image, plane)
    if packing == "none":
        return tags, [cast(bytes, x.reshape(-1).view(np.uint8).data)]
    rows = max(1, _STRIP // x[:1].nbytes)
    tags |= {tag.ROWS_PER_STRIP: long(rows)} | packed_tags(plane.dtype)
    strips = [x[start : start + rows] for start in range(0, len(x), rows)]
    return tags, list(in_order(deflated, strips)) if len(strips) > 1 else [deflated(strips[0])]


def packed_tags(dtype: np.dtype[Any]) -> Tags:
    """Return what a page says whose parts are those of `deflated`."""
    tags: Tags = {tag.COMPRESSION: short(_DEFLATE)}
    return tags if dtype.kind == "f" else tags | {tag.PREDICTOR: short(_HORIZONTAL)}


def deflated(x: Array) -> bytes:
    """Pack `(rows, columns, samples)`; of whole numbers each less the one to its left."""
    if x.dtype.kind != "f":
        x = x.view(f"<u{x.dtype.itemsize}")
        less = x.copy()
        less[:, 1:] -= x[:, :-1]
        x = less
    return zlib.compress(x.reshape(-1).view(np.uint8).data, _LEVEL)


def tags_of(image: Image, plane: Array) -> Tags:
    """Return the tags of a plane whose pixels lie in one strip."""
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
    return tags | tags_of_exif(image.metadata.exif)
