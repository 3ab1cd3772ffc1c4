"""Writing PNM: raw PBM, PGM, PPM and PAM of 8 or 16 bits, PFM of 32-bit floats."""

from __future__ import annotations

import numpy as np

from imgkernels.errors import FileProblem
from imgkernels.image import Image
from imgkernels.values import Array

_TUPLES = ("GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA")


def pbm(image: Image) -> bytes:
    """Return one bit per pixel; refuse a picture that has more than black and white."""
    x = image.pixels
    white = x == 255
    if not (white | (x == 0)).all():
        raise FileProblem("PBM holds black and white only; .pgm holds greys")
    return _head("P4", image, ()) + np.packbits(~white, axis=1).tobytes()


def pgm(image: Image) -> bytes:
    """Return greys."""
    return _head("P5", image, (_most(image),)) + _big(image.pixels)


def ppm(image: Image) -> bytes:
    """Return RGB."""
    return _head("P6", image, (_most(image),)) + _big(image.pixels)


def pnm(image: Image) -> bytes:
    """Return PGM or PPM, as the picture is."""
    return pgm(image) if image.pixels.ndim == 2 else ppm(image)


def pam(image: Image) -> bytes:
    """Return grey or RGB, with or without alpha."""
    height, width = image.pixels.shape[:2]
    head = {"WIDTH": width, "HEIGHT": height, "DEPTH": image.channels, "MAXVAL": _most(image)}
    lines = [f"{key} {value}" for key, value in head.items()]
    lines += [f"TUPLTYPE {_TUPLES[image.channels - 1]}", "ENDHDR\n"]
    return "\n".join(["P7", *lines]).encode() + _big(image.pixels)


def pfm(image: Image) -> bytes:
    """Return floats, little-endian, the bottom row first."""
    magic = "Pf" if image.pixels.ndim == 2 else "PF"
    return _head(magic, image, ("-1.0",)) + image.pixels[::-1].astype("<f4").tobytes()


def _head(magic: str, image: Image, more: tuple[object, ...]) -> bytes:
    height, width = image.pixels.shape[:2]
    return "\n".join([magic, f"{width} {height}", *map(str, more), ""]).encode()


def _most(image: Image) -> int:
    return int(np.iinfo(image.pixels.dtype).max)


def _big(x: Array) -> bytes:
    return x.astype(x.dtype.newbyteorder(">"), copy=False).tobytes()
